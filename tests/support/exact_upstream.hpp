#pragma once
/// \file
/// A small upstream for the tests of one decorator: counts, refuses when told to, and believes no size that comes back.

#include <cstddef>
#include <map>
#include <memory_resource>
#include <mutex>
#include <new>
#include <string>

namespace autopmr_test {

class exact_upstream final : public std::pmr::memory_resource {
public:
    /// The n-th allocation from now on, counted from 1, and all after it are refused; 0: none.
    void refuse_from(std::size_t n) {
        const std::lock_guard hold(lock_);
        until_refusal_ = n;
    }
    [[nodiscard]] std::size_t live() const {
        const std::lock_guard hold(lock_);
        return blocks_.size();
    }
    [[nodiscard]] std::size_t live_bytes() const {
        const std::lock_guard hold(lock_);
        std::size_t           sum = 0;
        for (const auto& [block, what] : blocks_) sum += what.bytes;
        return sum;
    }
    /// What was asked for last.
    [[nodiscard]] std::size_t last_bytes() const { return last_.bytes; }
    [[nodiscard]] std::size_t last_alignment() const { return last_.alignment; }
    /// Blocks that came back with another size or alignment, or that are not from here.
    [[nodiscard]] std::size_t complaints() const { return complaints_; }

private:
    struct shape {
        std::size_t bytes = 0, alignment = 0;
    };
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        const std::lock_guard hold(lock_);
        if (until_refusal_ == 1) throw std::bad_alloc();
        if (until_refusal_ != 0) --until_refusal_;
        void* const block = std::pmr::new_delete_resource()->allocate(bytes, alignment);
        last_ = blocks_[block] = {bytes, alignment};
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        const std::lock_guard hold(lock_);
        const auto            found = blocks_.find(block);
        if (found == blocks_.end() || found->second.bytes != bytes || found->second.alignment != alignment) {
            ++complaints_;
            return;
        }
        blocks_.erase(found);
        std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    mutable std::mutex     lock_;
    std::map<void*, shape> blocks_;
    shape                  last_;
    std::size_t            until_refusal_ = 0, complaints_ = 0;
};

}  // namespace autopmr_test
