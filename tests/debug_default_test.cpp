#include <autopmr/debug_default.hpp>

#include <autopmr/describe.hpp>
#include <autopmr/selector.hpp>
#include <autopmr/subsystem.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

#include <csignal>
#include <memory_resource>
#include <string>
#include <vector>

using namespace autopmr;
using autopmr_test::child_end;
using autopmr_test::in_child;

TEST_CASE("debug_default puts tracking and guards under containers and subsystems") {
    const child_end end = in_child([] {
        const decision made = debug_default();
        if (!made.ok() || made.under != guard::pages || debug_tracking() == nullptr) return 1;
        if (&made.resource() != std::pmr::get_default_resource()) return 2;
        std::pmr::vector<int> numbers(100);
        if (debug_tracking()->live_bytes() < 400) return 3;
        if (describe(std::pmr::get_default_resource()).find("tracking") == std::string::npos) return 4;
        subsystem_resource& net = subsystem("debug.net");
        net.deallocate(net.allocate(8), 8);
        if (net.settings().under != guard::pages) return 5;
        return debug_default().ok() ? 0 : 6;  // again: the same
    });
    INFO(end.error);
    CHECK(end.signal == 0);
    CHECK(end.exit_status == 0);
}

TEST_CASE("an overrun of a container's block is stopped at the access, and reported") {
    const child_end end = in_child([] {
        static_cast<void>(debug_default());
        std::pmr::vector<int> numbers(4);
        volatile int*         past = numbers.data() + 4;
        *past = 1;
        return 0;
    });
    INFO(end.error);
    CHECK(end.signal == SIGABRT);
    CHECK(end.error.find("overrun") != std::string::npos);
}

TEST_CASE("after install_default() it comes too late, and says so") {
    const child_end end = in_child([] {
        if (!install_default().ok()) return 1;
        const decision late = debug_default();
        return !late.ok() && late.error().find("too late") != std::string_view::npos ? 0 : 2;
    });
    INFO(end.error);
    CHECK(end.exit_status == 0);
}

TEST_CASE("canaries need no pages, and track just the same") {
    const child_end end = in_child([] {
        debug_options options;
        options.under = guard::canary;
        const decision made = debug_default(options);
        std::pmr::vector<int> numbers(100);
        return made.ok() && describe(std::pmr::get_default_resource()).find("canary") != std::string::npos ? 0 : 1;
    });
    INFO(end.error);
    CHECK(end.exit_status == 0);
}
