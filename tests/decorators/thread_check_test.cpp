#include <autopmr/chain.hpp>
#include <autopmr/decorators/thread_check.hpp>
#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/exact_upstream.hpp"

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

using namespace autopmr;
using autopmr_test::exact_upstream;

namespace {

std::atomic<unsigned> faults{0};
fault_report          last;

/// Quarantines and remembers, as long as it lives.
class quarantining {
public:
    quarantining() {
        faults = 0;
        set_fault_handler([](const fault_report& report) noexcept {
            if (faults++ == 0) last = report;
            return fault_answer::quarantine;
        });
    }
    ~quarantining() { set_fault_handler(nullptr); }
    quarantining(const quarantining&) = delete;
    quarantining& operator=(const quarantining&) = delete;
};

template <class F>
void on_another_thread(F f) {
    std::thread(f).join();
}

}  // namespace

TEST_CASE("one thread uses it undisturbed, and it need not be the one that made it") {
    const quarantining    handler;
    exact_upstream        below;
    thread_check_resource checked(&below);
    CHECK(checked.facts().view() == "belongs to nobody yet");
    on_another_thread([&] {
        for (int i = 0; i != 3; ++i) checked.deallocate(checked.allocate(8), 8);
    });
    CHECK(faults == 0);
    CHECK(checked.facts().view().find("belongs to thread ") == 0);
}

TEST_CASE("a second thread is refused, and told apart from the owner") {
    const quarantining    handler;
    exact_upstream        below;
    thread_check_resource checked(&below);
    checked.deallocate(checked.allocate(8), 8);
    std::size_t refused_bytes = 0, refused_alignment = 0;
    on_another_thread([&] {
        try {
            static_cast<void>(checked.allocate(24, 8));
        } catch (const wrong_thread& refusal) {
            refused_bytes = refusal.bytes();
            refused_alignment = refusal.alignment();
        }
    });
    CHECK(refused_bytes == 24);
    CHECK(refused_alignment == 8);
    CHECK(faults == 1);
    CHECK(last.kind == fault_kind::wrong_thread);
    CHECK(last.resource == std::string("thread_check"));
    CHECK(last.address == &checked.observer());
    CHECK(last.expected_bytes != 0);
    CHECK(last.given_bytes != 0);
    CHECK(last.expected_bytes != last.given_bytes);
    CHECK(checked.facts().view() == layer_facts("belongs to thread ").append(last.expected_bytes).view());
    checked.deallocate(checked.allocate(8), 8);  // the owner goes on
    CHECK(faults == 1);
    CHECK(below.live() == 0);
}

TEST_CASE("a block that a second thread brings back goes to nobody") {
    const quarantining            handler;
    exact_upstream                below;
    observed<chain<thread_check>> checked(&below);
    void* const                   block = checked.allocate(8, 8);
    on_another_thread([&] { checked.deallocate(block, 8, 8); });
    CHECK(faults == 1);
    CHECK(last.address == block);
    CHECK(below.live() == 1);
    checked.deallocate(block, 8, 8);
    CHECK(below.live() == 0);
    CHECK(faults == 1);
}

TEST_CASE("a resource is handed over by rebind") {
    const quarantining    handler;
    exact_upstream        below;
    thread_check_resource checked(&below);
    void*                 block = checked.allocate(8, 8);
    checked.observer().rebind();
    on_another_thread([&] {
        checked.deallocate(block, 8, 8);
        block = checked.allocate(16, 8);
    });
    CHECK(faults == 0);
    CHECK_THROWS_AS(checked.allocate(8), wrong_thread);
    CHECK(faults == 1);
    checked.observer().rebind();
    checked.deallocate(block, 16, 8);  // a deallocation takes it as well
    CHECK(faults == 1);
}

TEST_CASE("of many threads that come at once one owns it, and all others are told") {
    const quarantining       handler;
    exact_upstream           below;
    thread_check_resource    checked(&below);
    std::atomic<unsigned>    served{0}, refused{0}, ready{0};
    std::vector<std::thread> threads;
    for (int t = 0; t != 6; ++t)
        threads.emplace_back([&] {
            for (++ready; ready < 6;)
                std::this_thread::yield();  // all live until all came: none gets the identity of one that ended
            try {
                checked.deallocate(checked.allocate(8), 8);
                ++served;
            } catch (const wrong_thread&) {
                ++refused;
            }
            for (++ready; ready < 12;) std::this_thread::yield();
        });
    for (std::thread& one : threads) one.join();
    CHECK(served == 1);
    CHECK(refused == 5);
    CHECK(faults == 5);
    CHECK(below.live() == 0);
}

TEST_CASE("without a handler the program ends and names both threads") {
    const auto end = autopmr_test::in_child([] {
        thread_check_resource checked(std::pmr::new_delete_resource());
        checked.deallocate(checked.allocate(8), 8);
        on_another_thread([&] { static_cast<void>(checked.allocate(8)); });
        return 0;
    });
    CHECK(end.signal == SIGABRT);
    INFO(end.error);
    CHECK(end.error.find("autopmr: wrong thread at ") == 0);
    CHECK(end.error.find("; it belongs to thread ") != std::string::npos);
    CHECK(end.error.find(" and was used by thread ") != std::string::npos);
    CHECK(end.error.find("synchronized_resource") != std::string::npos);
}
