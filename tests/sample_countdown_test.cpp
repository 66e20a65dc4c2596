#include <autopmr/sample_countdown.hpp>

#include "src/support/per_thread.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

using namespace autopmr;

namespace {

/// One allocation: whether it is sampled.
bool tick(sample_countdown& at, std::uint32_t rate, bool is_new = false) {
    return at.due(sample_countdown::weight_of(rate)) && at.visit(rate, is_new);
}

}  // namespace

TEST_CASE("intervals between samples are uniform in [1, 2N)") {
    constexpr std::uint32_t  rate = 50;
    sample_countdown         at;
    std::vector<int>         seen(2 * rate + 1);
    int                      since = 0, samples = 0;
    for (int i = 0; i != 5000000; ++i) {
        ++since;
        if (!tick(at, rate)) continue;
        if (samples++ != 0) ++seen[std::min<std::size_t>(static_cast<std::size_t>(since), 2 * rate)];
        since = 0;
    }
    CHECK(seen[0] == 0);
    CHECK(seen[2 * rate] == 0);
    const int expected = samples / (2 * rate - 1);  // about 1000, with a deviation of 32
    for (std::uint32_t i = 1; i != 2 * rate; ++i) CHECK((seen[i] > expected * 3 / 4 && seen[i] < expected * 5 / 4));
    CHECK((samples > 97000 && samples < 103000));
}

TEST_CASE("resources of different rates on one thread each get their own") {
    constexpr std::uint32_t rates[] = {1, 20, 100, 5000};
    sample_countdown        at;
    int                     samples[4] = {};
    constexpr int           each = 2000000;
    for (int i = 0; i != each; ++i)
        for (int r = 0; r != 4; ++r) samples[r] += tick(at, rates[r]) ? 1 : 0;
    CHECK(samples[0] == each);
    for (int r = 1; r != 4; ++r) {
        INFO("one in " << rates[r] << ": " << samples[r]);
        const double share = r == 3 ? 0.25 : 0.05;  // of 400, with a deviation of 20 at most
        CHECK((samples[r] > (1 - share) * each / rates[r] && samples[r] < (1 + share) * each / rates[r]));
    }
}

TEST_CASE("threads that allocate little are sampled as often as others") {
    constexpr int threads = 20000, each = 100;
    int           samples = 0;
    for (int t = 0; t != threads; ++t) {
        sample_countdown at;
        for (int i = 0; i != each; ++i) samples += tick(at, 1000) ? 1 : 0;
    }
    const int expected = threads * each / 1000;
    CHECK((samples > expected * 0.9 && samples < expected * 1.1));
}

TEST_CASE("what is new is sampled soon, and later samples make up for it") {
    constexpr std::uint32_t rate = 5000;
    double                  first = 0;
    constexpr int           rounds = 200;
    for (int i = 0; i != rounds; ++i) {
        sample_countdown at;
        while (!tick(at, rate)) {}  // an old shape
        do ++first;
        while (!tick(at, rate, true));
    }
    CHECK(first / rounds < rate / 4);

    sample_countdown at;
    int              samples = 0;
    for (int i = 0; i != 10000000; ++i) samples += tick(at, rate, true) ? 1 : 0;  // all are new, always
    CHECK((samples > 1800 && samples < 2200));
}

TEST_CASE("a rate of none has no weight, and any rate has one") {
    CHECK(sample_countdown::weight_of(0) == 0);
    CHECK(sample_countdown::weight_of(UINT32_MAX) > 0);
    CHECK(sample_countdown::weight_of(2) * 2 == sample_countdown::unit);
}

TEST_CASE("a thread's countdown lies in its record; a child draws anew") {
    REQUIRE(per_thread::current_or_new() != nullptr);
    sample_countdown* const mine = sample_countdown::mine();
    REQUIRE(mine == &per_thread::current()->sampling);
    std::thread([] { CHECK(sample_countdown::mine() == nullptr); }).join();
    while (!tick(*mine, 100)) {}
    REQUIRE(mine->seed != 0);
    const auto end = autopmr_test::in_child([&] { return mine->seed == 0 && mine->left == 0 ? 0 : 1; });
    CHECK(end.exit_status == 0);
}
