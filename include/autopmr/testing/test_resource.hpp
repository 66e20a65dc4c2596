#pragma once
/// \file
/// A memory_resource that believes nothing: it counts and checks every call, and refuses what a test wants refused.
///
/// Put it under a container, a pool or a decorator of yours, and ask it afterwards (test_books.hpp). Each block lies between
/// red zones, is aligned as asked and no better, and is scribbled over when it is given out and when it comes back. Not for
/// speed, and not for programs that are no tests.
///
/// What is wrong is counted and kept in words. Then it is a fault_report, which ends the program unless the fault handler
/// has another answer; with no_abort it is a line on standard error; when quiet, nothing. A block that was misused is given
/// to nobody again. Any thread, unless told to insist on one. Throws test_resource_exception at the allocation limit,
/// bad_alignment, out_of_memory above 1 GiB (no test means that), and what its upstream throws. Sizes are bytes. Names are
/// those of the standard's proposal P1160 where it has one.

#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>
#include <autopmr/fixed_text.hpp>
#include <autopmr/resource_ptr.hpp>
#include <autopmr/testing/test_books.hpp>

#include <atomic>
#include <cstddef>
#include <map>
#include <memory_resource>
#include <string_view>
#include <thread>
#include <utility>

namespace autopmr::testing {

class test_resource final : public layer, public test_books {
public:
    /// What follows the request that the allocation limit refused.
    enum class after_limit { serve, refuse };

    /// `name` must outlive the resource and what it throws.
    explicit test_resource(const char* name = "test_resource", resource_ptr upstream = std::pmr::new_delete_resource());
    explicit test_resource(resource_ptr upstream) : test_resource("test_resource", std::move(upstream)) {}
    test_resource(const test_resource&) = delete;
    test_resource& operator=(const test_resource&) = delete;
    /// Blocks that are still out are a leak, told as all that is wrong; then they go back to the upstream.
    ~test_resource() override;

    /// So many allocations succeed from now on, and the next one throws test_resource_exception. Negative: none does.
    void                    set_allocation_limit(long long limit, after_limit then = after_limit::serve);
    [[nodiscard]] long long allocation_limit() const;
    void                    set_no_abort(bool yes) noexcept { no_abort_ = yes; }
    [[nodiscard]] bool      is_no_abort() const noexcept { return no_abort_; }
    void                    set_quiet(bool yes) noexcept { quiet_ = yes; }
    [[nodiscard]] bool      is_quiet() const noexcept { return quiet_; }
    /// A line on standard output for each call.
    void               set_verbose(bool yes) noexcept { verbose_ = yes; }
    [[nodiscard]] bool is_verbose() const noexcept { return verbose_; }
    /// From now on calls are wrong on any thread but the one that made the resource.
    void set_one_thread(bool yes) noexcept { one_thread_ = yes; }

    /// The first thing that was wrong, in words; empty while nothing is.
    [[nodiscard]] fixed_text<256> complaint() const;
    /// The counts and the blocks in use, on standard output.
    void print() const;

    [[nodiscard]] std::string_view           name() const noexcept override { return name_; }
    [[nodiscard]] thread_use threads() const noexcept override { return one_thread_ ? thread_use::one_thread : threads_below(); }
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return upstream_.get(); }
    [[nodiscard]] layer*                     upstream_layer() const noexcept override { return upstream_.as_layer(); }

private:
    struct shape {
        std::size_t bytes, alignment;
    };
    using blocks = std::map<void*, shape>;

    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    void check_request(std::size_t bytes, std::size_t alignment);
    struct faults;  // of one call, told when the lock is free again: the fault handler may ask this resource
    void check_thread(faults& all, const void* block, const char* call);
    bool check_red_zones(faults& all, const void* block, shape of);
    void give_back(void* block, shape of);

    const char*           name_;
    resource_ptr          upstream_;
    const std::thread::id maker_ = std::this_thread::get_id();
    std::atomic<bool>     no_abort_{false}, quiet_{false}, verbose_{false}, one_thread_{false};
    blocks                live_, misused_;  // these and what follows: under the lock
    long long             limit_ = -1;
    after_limit           then_ = after_limit::serve;
    fixed_text<256>       complaint_;
};

/// The allocation limit was reached: a test's own doing, and no lack of memory.
class test_resource_exception final : public allocation_error {
public:
    test_resource_exception(test_resource* by, std::size_t bytes, std::size_t alignment) noexcept
        : allocation_error(bytes, alignment, by->name().data()), by_(by) {}
    [[nodiscard]] test_resource* originating_resource() const noexcept { return by_; }
    [[nodiscard]] std::size_t    size() const noexcept { return bytes(); }
    [[nodiscard]] const char*    what() const noexcept override;

private:
    test_resource* by_;
};

}  // namespace autopmr::testing
