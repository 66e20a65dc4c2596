#include <autopmr/chain.hpp>
#include <autopmr/decorators/failing.hpp>
#include <autopmr/decorators/statistics.hpp>
#include <autopmr/errors.hpp>

#include "support/catch.hpp"
#include "support/exact_upstream.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace autopmr;
using autopmr_test::exact_upstream;

namespace {

/// One letter for each of `count` requests: '.' served, 'x' refused.
template <class Resource>
std::string pattern(Resource& resource, int count) {
    std::string letters;
    for (int i = 0; i != count; ++i) {
        try {
            resource.deallocate(resource.allocate(8, 8), 8, 8);
            letters += '.';
        } catch (const out_of_memory& refusal) {
            letters += refusal.resource() == std::string("failing") && refusal.bytes() == 8 ? 'x' : '?';
        }
    }
    return letters;
}

}  // namespace

TEST_CASE("requests fail where it was said") {
    exact_upstream   below;
    failing_resource failure(&below);
    failing&         armed = failure.observer();
    CHECK(pattern(failure, 5) == ".....");
    armed.fail_at(3);
    CHECK(pattern(failure, 7) == "..x....");
    CHECK(armed.requests() == 7);
    CHECK(armed.failures() == 1);
    armed.fail_at(1);
    CHECK(pattern(failure, 2) == "x.");
    armed.fail_every(3);
    CHECK(pattern(failure, 7) == "..x..x.");
    CHECK(failure.facts().view() == "2 of 7 requests refused");
    armed.fail_every(1);
    CHECK(pattern(failure, 3) == "xxx");
    armed.stop();
    CHECK(pattern(failure, 3) == "...");
    CHECK(armed.failures() == 0);
    for (auto never : {&failing::fail_at, &failing::fail_every}) {
        (armed.*never)(0);
        CHECK(pattern(failure, 3) == "...");
    }
    CHECK(below.live() == 0);
    CHECK(below.complaints() == 0);
}

TEST_CASE("the same seed fails the same requests, another seed others, about as many as was said") {
    failing_resource failure(std::pmr::new_delete_resource());
    failure.observer().fail_one_in(10, 1);
    const std::string first = pattern(failure, 10000);
    CHECK(failure.observer().failures() > 800);  // 1000 expected, with a deviation of 30; the seed is fixed
    CHECK(failure.observer().failures() < 1200);
    failure.observer().fail_one_in(10, 1);
    CHECK(pattern(failure, 10000) == first);
    failure.observer().fail_one_in(10, 2);
    CHECK(pattern(failure, 10000) != first);
    failure.observer().fail_one_in(1, 3);
    CHECK(pattern(failure, 4) == "xxxx");
    failure.observer().fail_one_in(0, 3);
    CHECK(pattern(failure, 4) == "....");
}

TEST_CASE("threads share the count, whoever comes first") {
    failing_resource failure(std::pmr::new_delete_resource());
    const auto       refused_of_4000 = [&] {
        std::atomic<unsigned>    refused{0};
        std::vector<std::thread> threads;
        for (int t = 0; t != 4; ++t)
            threads.emplace_back([&] {
                for (char letter : pattern(failure, 1000)) refused += letter == 'x' ? 1u : 0u;
            });
        for (std::thread& one : threads) one.join();
        return refused.load();
    };
    failure.observer().fail_every(7);
    CHECK(refused_of_4000() == 4000 / 7);
    CHECK(failure.observer().requests() == 4000);
    failure.observer().fail_one_in(5, 9);
    const unsigned refused = refused_of_4000();
    failure.observer().fail_one_in(5, 9);
    CHECK(refused_of_4000() == refused);
}

TEST_CASE("a refusal on purpose leaves the books of who watches it as they were") {
    observed<chain<statistics, failing>> both(std::pmr::new_delete_resource());
    both.observer().get<failing>().fail_every(2);
    CHECK(pattern(both, 6) == ".x.x.x");
    CHECK(both.observer().get<statistics>().now().failures == 3);
    CHECK(both.observer().get<statistics>().now().count == 3);
    CHECK(both.observer().get<statistics>().now().live == 0);
}
