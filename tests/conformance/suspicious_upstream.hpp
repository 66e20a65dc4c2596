#pragma once
/// \file
/// An upstream that believes nothing: it checks every call and can refuse any of them.
///
/// Put it under a decorator, a pool or a guard of yours. Every block lies between red zones, is aligned exactly as asked and
/// no better, and is scribbled over when it is given out and when it comes back. Any thread, unless told to insist on one.
/// Not for speed. Throws bad_alloc where it was told to fail, for absurd sizes, and bad_alignment.

#include <cstddef>
#include <map>
#include <memory_resource>
#include <mutex>
#include <string>
#include <thread>

namespace autopmr::testing {

class suspicious_upstream final : public std::pmr::memory_resource {
public:
    enum class threads { any, only_the_maker };
    enum class failing { one_call, from_then_on };

    explicit suspicious_upstream(threads rule = threads::any) : rule_(rule), maker_(std::this_thread::get_id()) {}
    suspicious_upstream(const suspicious_upstream&) = delete;
    suspicious_upstream& operator=(const suspicious_upstream&) = delete;
    ~suspicious_upstream() override;

    /// The n-th allocation from now on fails, counted from 1; 0 takes that back.
    void fail_at(std::size_t n, failing how = failing::one_call);
    /// How many calls were refused because of fail_at.
    [[nodiscard]] std::size_t refusals() const;

    [[nodiscard]] std::size_t live_blocks() const;
    /// The first thing that was wrong, in words; empty when all was well.
    [[nodiscard]] std::string complaint() const;

private:
    struct block {
        std::size_t bytes, alignment;
    };
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    void complain(const std::string& words);
    void check_thread(const char* call);
    void check_red_zones(const unsigned char* p, block b);
    static void give_back(void* p, block b);

    mutable std::mutex     lock_;
    std::map<void*, block> live_;
    std::string            complaint_;
    std::size_t            until_failure_ = 0;
    failing                how_ = failing::one_call;
    std::size_t            refusals_ = 0;
    const threads          rule_;
    const std::thread::id  maker_;
};

}  // namespace autopmr::testing
