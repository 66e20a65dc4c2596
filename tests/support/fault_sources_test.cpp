#include "src/support/fault_sources.hpp"

#include "support/catch.hpp"
#include "support/child.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

using namespace autopmr;
using namespace autopmr_test;

namespace {

/// Knows one address: its own. Says so until it is over.
class self_knowing final : public fault_source {
public:
    self_knowing() { joined = fault_sources::join(*this); }
    ~self_knowing() {
        if (joined) fault_sources::leave(*this);
        over = true;
    }
    bool explain(const void* address, fault_report& out) const noexcept override {
        if (over) ++asked_too_late;
        if (address != this) return false;
        out.block = this;
        return true;
    }
    bool open(const void*) noexcept override { return false; }

    bool                           joined = false;
    std::atomic<bool>              over{false};
    static inline std::atomic<int> asked_too_late{0};
};

bool known(const void* address) {
    fault_report report;
    return fault_sources::explain(address, report) != nullptr && report.block == address;
}

}  // namespace

TEST_CASE("a source answers from joining to leaving") {
    alignas(self_knowing) unsigned char room[sizeof(self_knowing)];
    CHECK_FALSE(known(room));
    auto* const one = ::new (room) self_knowing;
    CHECK(known(one));
    fault_report report;
    CHECK(fault_sources::explain(one, report) == one);
    CHECK(one->handler_of(one) == nullptr);
    one->~self_knowing();
    CHECK_FALSE(known(room));
}

TEST_CASE("there is room for any number of sources, and places are taken again") {
    for (int round = 0; round != 2; ++round) {
        std::vector<std::unique_ptr<self_knowing>> all;
        for (int i = 0; i != 1700; ++i) all.push_back(std::make_unique<self_knowing>());
        bool every = true;
        for (const auto& one : all) every = every && one->joined && known(one.get());
        CHECK(every);
        std::swap(all[3], all.back());
        all.pop_back();
        for (const auto& one : all) every = every && known(one.get());
        CHECK(every);
    }
}

TEST_CASE("who left is never asked again, whatever other threads ask meanwhile") {
    std::atomic<bool>        stop{false};
    std::atomic<unsigned>    asked{0};
    const self_knowing       stays;
    std::atomic<bool>        always{true};
    std::vector<std::thread> readers;
    for (int i = 0; i != 2; ++i)
        readers.emplace_back([&] {
            while (!stop) {
                if (!known(&stays)) always = false;
                ++asked;
            }
        });
    // Memory that stays, so that a source asked too late can say so.
    alignas(self_knowing) unsigned char room[sizeof(self_knowing)];
    for (int i = 0; i < 2000 || asked < 100; ++i) {
        auto* const one = ::new (room) self_knowing;
        if (!known(one)) always = false;
        one->~self_knowing();
        if (i % 64 == 0) std::this_thread::yield();
    }
    stop = true;
    for (auto& one : readers) one.join();
    CHECK(always);
    CHECK(self_knowing::asked_too_late == 0);
}

TEST_CASE("leaving waits for who is still reading") {
    std::atomic<bool> left{false};
    std::thread       leaver;
    bool              early = false;
    {
        auto                         one = std::make_unique<self_knowing>();
        const fault_sources::reading hold;
        leaver = std::thread([&left, own = std::move(one)]() mutable {
            own.reset();
            left = true;
        });
        for (int i = 0; i != 2000; ++i) {
            std::this_thread::yield();
            early = early || left;
        }
    }
    leaver.join();
    CHECK_FALSE(early);
    CHECK(left);
}

TEST_CASE("a child is not kept waiting by its parent's readers, nor by its own from before") {
    std::atomic<bool> holds{false}, stop{false};
    std::thread       other([&] {
        const fault_sources::reading hold;
        holds = true;
        while (!stop) std::this_thread::yield();
    });
    while (!holds) std::this_thread::yield();
    const child_end alone = in_child([] {
        { const self_knowing one; }
        return 3;
    }, 20);
    stop = true;
    other.join();
    CHECK(alone.exit_status == 3);

    // A crash handler may fork while it reads; its end must not count in the child.
    CHECK(in_child([] {
              self_knowing first;
              auto         hold = std::make_unique<fault_sources::reading>();
              const auto   inner = in_child([&hold] {
                  hold.reset();
                  { const self_knowing one; }
                  const fault_sources::reading again;
                  return 4;
              }, 10);
              return inner.exit_status;
          }, 20).exit_status == 4);
}

namespace {

const void*      looked_for = nullptr;
std::atomic<int> found{0};

}  // namespace

TEST_CASE("a signal in the middle of joining, leaving and asking may ask too") {
    const child_end end = in_child([] {
        const self_knowing stays;
        looked_for = &stays;
        ::signal(SIGUSR1, [](int) { found += known(looked_for) ? 1 : -1000000; });
        std::atomic<bool> stop{false};
        const auto        self = ::pthread_self();
        std::thread       sender([&] {
            while (!stop) {  // one after the other, or the thread would do nothing else
                const int before = found;
                ::pthread_kill(self, SIGUSR1);
                while (!stop && found == before) std::this_thread::yield();
                for (int i = 0; i != 10; ++i) std::this_thread::yield();
            }
        });
        for (int i = 0; i < 2000 || found < 100; ++i) {
            const self_knowing one;
            if (!known(&one) || found < 0) return 1;
        }
        stop = true;
        sender.join();
        return found >= 100 ? 0 : 2;
    }, 60);
    CHECK(end.exit_status == 0);
    CHECK_FALSE(end.hung);
}
