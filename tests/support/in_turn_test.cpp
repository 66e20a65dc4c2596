#include "src/support/in_turn.hpp"

#include "support/catch.hpp"
#include "support/child.hpp"

#include <atomic>
#include <thread>

using autopmr::in_turn;
using namespace autopmr_test;

TEST_CASE("one thread has the turn at a time, and may take it again") {
    std::atomic<int> inside{0}, most{0}, done{0};
    const auto       takes = [&] {
        for (int i = 0; i != 500; ++i) {
            const in_turn mine;
            const in_turn again;
            if (!mine.has() || !again.has()) continue;  // waited too long: a machine as slow as that
            if (++inside != 1) most = 2;
            if (i % 16 == 0) std::this_thread::yield();
            --inside;
            ++done;
        }
    };
    std::thread other(takes), third(takes);
    takes();
    other.join();
    third.join();
    CHECK(most == 0);
    CHECK(done > 0);
}

TEST_CASE("who hangs in its turn does not keep others for ever") {
    std::atomic<bool> has{false}, stop{false};
    std::thread       hangs([&] {
        const in_turn mine;
        has = true;
        while (!stop) std::this_thread::yield();
    });
    while (!has) std::this_thread::yield();
    CHECK_FALSE(in_turn().has());
    stop = true;
    hangs.join();
    CHECK(in_turn().has());
}

TEST_CASE("in a child nobody of its parent has the turn, and it does not keep what it took") {
    const in_turn parents;
    CHECK(in_child([] {
              if (!in_turn().has()) return 1;
              bool        other_has = false;
              std::thread other([&other_has] { other_has = in_turn().has(); });
              other.join();
              return other_has ? 0 : 2;
          }).exit_status == 0);
}
