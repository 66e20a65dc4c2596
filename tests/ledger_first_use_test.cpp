// Two threads that are the first to use a ledger: each may read that it has no cells yet, and one makes them while the other is
// on its way to do so. That lies within a few instructions, so it takes many rounds to see.
#include <autopmr/ledger.hpp>

#include "support/catch.hpp"

#include <atomic>
#include <memory>
#include <thread>

using autopmr::ledger;

namespace {

constexpr int rounds = 100000;

// Spins, to be there at the same instant as the other.
void await(const std::atomic<int>& at, int round) {
    for (int spins = 1; at.load() < round; ++spins)
        if (spins % 1000 == 0) std::this_thread::yield();
}

}  // namespace

TEST_CASE("the first two threads of a ledger are both counted") {
    std::unique_ptr<ledger> books;
    std::atomic<int>        begun{0}, done{0};
    int                     wrong = 0;
    std::thread             other([&] {
        for (int i = 1; i <= rounds; ++i) {
            await(begun, i);
            books->add(100);
            done.store(i);
        }
    });
    for (int i = 1; i <= rounds; ++i) {
        books = std::make_unique<ledger>();
        begun.store(i);
        books->add(100);
        await(done, i);
        const autopmr::usage u = books->now();
        if (u.count != 2 || u.live != 200) ++wrong;
    }
    other.join();
    CHECK(wrong == 0);
}
