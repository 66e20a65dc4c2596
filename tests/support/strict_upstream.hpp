#pragma once
/// \file
/// An upstream for tests of decorators: counts, refuses when told to, and complains where a block comes back otherwise than it went.

#include <cstddef>
#include <map>
#include <memory_resource>
#include <mutex>
#include <new>
#include <utility>

namespace autopmr_test {

class strict_upstream final : public std::pmr::memory_resource {
public:
    strict_upstream() = default;
    strict_upstream(const strict_upstream&) = delete;
    strict_upstream& operator=(const strict_upstream&) = delete;
    ~strict_upstream() override {
        for (const auto& [block, shape] : live_)
            std::pmr::new_delete_resource()->deallocate(block, shape.first, shape.second);
    }

    std::size_t refuse_at = 0;  ///< this allocation, counted from 1, is refused; 0: none
    std::size_t allocations = 0, deallocations = 0;
    bool        wrong = false;  ///< a block came back that was not out, or with another shape

    [[nodiscard]] std::size_t live() const { return live_.size(); }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        const std::scoped_lock hold(lock_);
        if (++allocations == refuse_at) throw std::bad_alloc();
        void* const block = std::pmr::new_delete_resource()->allocate(bytes, alignment);
        live_[block] = {bytes, alignment};
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        const std::scoped_lock hold(lock_);
        ++deallocations;
        const auto found = live_.find(block);
        if (found == live_.end() || found->second != std::pair(bytes, alignment)) {
            wrong = true;
            return;
        }
        live_.erase(found);
        std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    std::mutex                                           lock_;
    std::map<void*, std::pair<std::size_t, std::size_t>> live_;
};

}  // namespace autopmr_test
