#include <autopmr/adapters/boost.hpp>
#include <autopmr/autopmr.hpp>

#include <boost/container/pmr/global_resource.hpp>
#include <boost/container/pmr/monotonic_buffer_resource.hpp>
#include <boost/container/pmr/list.hpp>
#include <boost/container/pmr/string.hpp>
#include <boost/container/pmr/vector.hpp>

#include <memory_resource>
#include <string>
#include <vector>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/support/catch.hpp"

using autopmr::boost_resource;
using autopmr::std_resource;
using autopmr_test::traffic;
namespace boost_pmr = boost::container::pmr;

TEST_CASE("a container of Boost's asks a resource of std::pmr for what it needs, once for each block") {
    traffic        at;
    boost_resource over(&at);
    {
        boost_pmr::vector<int> some(&over);
        some.resize(1000);
        CHECK(at.now().allocations == 1);
        CHECK(at.now().bytes == 1000 * sizeof(int));
        boost_pmr::vector<char> text(60, 'x', &over);
        CHECK(at.now().live == 2);
    }
    CHECK(at.settled());
    void* const wide = over.allocate(100, 4096);
    CHECK(reinterpret_cast<std::uintptr_t>(wide) % 4096 == 0);
    over.deallocate(wide, 100, 4096);
    CHECK(at.settled());
}

TEST_CASE("a container of std::pmr stands on a resource of Boost's") {
    traffic                              at;
    boost_resource                       over(&at);
    boost_pmr::monotonic_buffer_resource arena(&over);
    {
        std_resource          under(&arena);
        std::pmr::vector<int> some(1000, 5, &under);
        CHECK(some[999] == 5);
        CHECK(under.upstream_resource() == nullptr);
        CHECK(under.threads() == autopmr::thread_use::unknown);
        CHECK(at.now().live == 1);
    }
    arena.release();
    CHECK(at.settled());
}

namespace autopmr_test {
boost_pmr::memory_resource& boost_without_rtti(std::pmr::memory_resource& upstream);  // of a file of its own
}

TEST_CASE("a resource of Boost's may come from a part of the program that has no RTTI") {
    static traffic at;
    std_resource   under(&autopmr_test::boost_without_rtti(at));
    { const std::pmr::string text(100, 'x', &under); }
    CHECK(under.upstream_resource() == nullptr);
    CHECK(at.now().allocations == 1);
    CHECK(at.settled());
}

namespace {

/// Stands where a boost_resource would, and counts who calls it.
struct counted_middle final : autopmr::boost_wrapper {
    using boost_wrapper::boost_wrapper;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override { return ++calls, wrapped()->allocate(bytes, alignment); }
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override { ++calls, wrapped()->deallocate(block, bytes, alignment); }
    bool  do_is_equal(const boost_pmr::memory_resource& other) const noexcept override { return this == &other; }
    int   calls = 0;
};

}  // namespace

TEST_CASE("std, boost and std again is two virtual calls: the wrapper in the middle is passed by") {
    traffic        at;
    counted_middle over(at);
    std_resource   again(&over);
    CHECK(again.upstream_resource() == &at);
    CHECK(again.boost_upstream() == &over);
    { const std::pmr::string text(100, 'x', &again); }  // one call of `again`
    CHECK(over.calls == 0);                             // none of the middle
    CHECK(at.now().allocations == 1);                   // one of the bottom
    CHECK(at.settled());
    { const boost_pmr::vector<char> text(100, 'x', &over); }  // it does count
    CHECK(over.calls == 2);
}

TEST_CASE("wrappers are equal when they are the same") {
    traffic        at;
    boost_resource one(&at), two(&at);
    std_resource   first(&one), second(&one);
    CHECK(one == one);
    CHECK_FALSE(one == two);
    CHECK(first == first);
    CHECK_FALSE(first == second);
}

TEST_CASE("whatever is refused, a container of Boost's throws bad_alloc and keeps the books") {
    traffic    at;
    const auto got = autopmr_test::each_failure_throws(at, [](traffic& upstream) {
        boost_resource                     over(&upstream);
        boost_pmr::list<boost_pmr::string> some(&over);
        for (int i = 0; i < 100; ++i) some.emplace_back("a text that is too long for a string to keep inside");
    });
    CHECK(got.traffic > 100);
}
