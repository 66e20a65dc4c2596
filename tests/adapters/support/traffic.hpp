#pragma once
/// \file
/// A resource that counts what a foreign library asks of it, refuses what a test wants refused, and believes no size that comes
/// back. Thread-safe; its own books come from malloc, so it may stand below operator new too.

#include <autopmr/layer.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory_resource>
#include <mutex>
#include <new>
#include <utility>

namespace autopmr_test {

template <class T>
struct malloc_allocator {
    using value_type = T;
    malloc_allocator() = default;
    template <class U>
    malloc_allocator(const malloc_allocator<U>&) noexcept {}
    T* allocate(std::size_t n) {
        if (void* p = std::malloc(n * sizeof(T))) return static_cast<T*>(p);
        throw std::bad_alloc();
    }
    void deallocate(T* p, std::size_t) noexcept { std::free(p); }
    template <class U>
    bool operator==(const malloc_allocator<U>&) const noexcept { return true; }
};

class traffic final : public autopmr::layer {
public:
    struct books {
        std::size_t allocations = 0, deallocations = 0, refusals = 0;
        std::size_t bytes = 0;                    ///< asked for, ever
        std::size_t live = 0, live_bytes = 0, peak_bytes = 0;
        std::size_t complaints = 0;               ///< came back with another size or alignment, or was never here
    };
    [[nodiscard]] books now() const {
        const std::lock_guard hold(lock_);
        books                 copy = books_;
        copy.live = blocks_.size();
        return copy;
    }
    /// The n-th allocation from now on, counted from 1, is refused; with `and_all_after` those that follow too. 0: none.
    void refuse(std::size_t n, bool and_all_after = false) {
        const std::lock_guard hold(lock_);
        until_refusal_ = n;
        all_after_ = and_all_after;
    }
    /// Nothing came back wrong, and nothing is live.
    [[nodiscard]] bool settled() const {
        const books all = now();
        return all.live == 0 && all.live_bytes == 0 && all.complaints == 0 && all.allocations == all.deallocations;
    }

    [[nodiscard]] std::string_view    name() const noexcept override { return "traffic"; }
    [[nodiscard]] autopmr::thread_use threads() const noexcept override { return autopmr::thread_use::any_thread; }

private:
    struct shape {
        std::size_t bytes, alignment;
    };
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        const std::lock_guard hold(lock_);
        if (until_refusal_ == 1) {
            until_refusal_ = all_after_ ? 1 : 0;
            ++books_.refusals;
            throw std::bad_alloc();
        }
        if (until_refusal_ > 1) --until_refusal_;
        const std::size_t real = alignment < sizeof(void*) ? sizeof(void*) : alignment;
        void* const       block = std::aligned_alloc(real, (bytes + real) / real * real);
        if (block == nullptr) throw std::bad_alloc();
        blocks_[block] = {bytes, alignment};
        ++books_.allocations;
        books_.bytes += bytes;
        books_.live_bytes += bytes;
        if (books_.live_bytes > books_.peak_bytes) books_.peak_bytes = books_.live_bytes;
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        const std::lock_guard hold(lock_);
        const auto            found = blocks_.find(block);
        if (found == blocks_.end() || found->second.bytes != bytes || found->second.alignment != alignment) {
            ++books_.complaints;
            return;
        }
        blocks_.erase(found);
        ++books_.deallocations;
        books_.live_bytes -= bytes;
        std::free(block);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    mutable std::mutex                                                                           lock_;
    std::map<void*, shape, std::less<>, malloc_allocator<std::pair<void* const, shape>>> blocks_;
    books                                                                                        books_;
    std::size_t                                                                                  until_refusal_ = 0;
    bool                                                                                         all_after_ = false;
};

}  // namespace autopmr_test
