#include <autopmr/decorators/synchronized_resource.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/exact_upstream.hpp"
#include "support/sanitized.hpp"

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <new>
#include <thread>
#include <vector>

using autopmr::synchronized_resource;
using autopmr_test::exact_upstream;

namespace {

/// For one thread, with a pool of std's; whoever comes while another is inside is noticed.
class one_at_a_time final : public autopmr::layer {
public:
    std::string_view  name() const noexcept override { return "one_at_a_time"; }
    void              trim() noexcept override { const visit now(*this); }
    std::atomic<bool> inside{false}, met{false};

private:
    struct visit {
        explicit visit(one_at_a_time& of) noexcept : host(of) {
            if (host.inside.exchange(true, std::memory_order_relaxed)) host.met = true;
        }
        ~visit() { host.inside.store(false, std::memory_order_relaxed); }
        one_at_a_time& host;
    };
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        const visit now(*this);
        return pool_.allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        const visit now(*this);
        pool_.deallocate(block, bytes, alignment);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    std::pmr::unsynchronized_pool_resource pool_{std::pmr::new_delete_resource()};
};

bool work(synchronized_resource& shared, int seed) {
    std::pmr::map<int, int> numbers(&shared);
    for (int i = 0; i != 500; ++i) numbers[(i * 7919 + seed) % 101] = i;
    shared.trim();
    return numbers.size() == 101;
}

}  // namespace

TEST_CASE("threads share what is made for one") {
    one_at_a_time            below;
    synchronized_resource    shared(&below);
    std::atomic<int>         fine{0};
    std::vector<std::thread> threads;
    for (int t = 0; t != 4; ++t)
        threads.emplace_back([&, t] {
            for (int round = 0; round != 20; ++round) fine += work(shared, t + round) ? 1 : 0;
        });
    for (std::thread& one : threads) one.join();
    CHECK(fine == 4 * 20);
    CHECK_FALSE(below.met);
}

TEST_CASE("a refusal leaves the lock free") {
    exact_upstream        below;
    synchronized_resource shared(&below);
    below.refuse_from(1);
    CHECK_THROWS_AS(shared.allocate(8), std::bad_alloc);
    below.refuse_from(0);
    std::thread([&] { shared.deallocate(shared.allocate(8, 4), 8, 4); }).join();
    CHECK(below.live() == 0);
    CHECK(below.complaints() == 0);
}

TEST_CASE("a child forked while others are inside finds the lock free and the pool whole") {
    if (!malloc_survives_fork) {
        WARN("skipped: the sanitizer's malloc does not survive such a fork");
        return;
    }
    one_at_a_time                    below;
    synchronized_resource            inner(&below), outer(&inner);  // two locks, taken one under the other
    std::list<synchronized_resource> others;                        // and some that nobody uses
    for (int i = 0; i != 1000; ++i) others.emplace_back(&below);
    std::atomic<bool>        stop{false};
    std::vector<std::thread> threads;
    for (int t = 0; t != 2; ++t)
        threads.emplace_back([&, t] {
            while (!stop) work(t == 0 ? inner : outer, t);
        });
    for (int i = 0; i != 20; ++i) {
        const auto end = autopmr_test::in_child([&] { return work(outer, i) && work(inner, i) && !below.met ? 0 : 3; });
        CHECK(end.exit_status == 0);
    }
    stop = true;
    for (std::thread& one : threads) one.join();
    CHECK_FALSE(below.met);
}
