// On which stack the handler runs, and how much of it it needs.
#include <autopmr/fault_handler.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/closed_pages.hpp"
#include "support/sanitized.hpp"

#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

using namespace autopmr;
using namespace autopmr_test;

namespace {

int overflow(int depth) {
    volatile char room[4096];
    room[0] = static_cast<char>(depth);
    return depth < 1 << 24 ? overflow(depth + 1) + room[0] : 0;
}

}  // namespace

TEST_CASE("the report fits on a small stack") {
    const auto use_of_stack = [](const char* path) {
        return in_child([path] {
            // A stack of our own, filled with a mark: what is no longer marked was used.
            constexpr std::size_t size = std::size_t{64} << 10;
            auto* const           room = static_cast<unsigned char*>(os::map_pages(size));
            std::memset(room, 0xa5, size);
            stack_t own{};
            own.ss_sp = room;
            own.ss_size = size;
            ::sigaltstack(&own, nullptr);
            closed_pages pages(1);
            set_fault_handler(write_and_go_on);
            install_fault_handler({path});
            std::memset(room, 0xa5, size);
            pages.at(0)[0] = 1;
            std::size_t untouched = 0;
            while (untouched != size && room[untouched] == 0xa5) ++untouched;
            return static_cast<int>((size - untouched + 1023) / 1024);  // KiB
        });
    };
    const std::string path = "fault_handler_test." + std::to_string(os::process_number());
    const child_end   end = use_of_stack(path.c_str());
    std::remove(path.c_str());
    CHECK(end.signal == 0);
    CHECK(end.error.find("could not be saved") == std::string::npos);
    WARN("the handler used " << end.exit_status << " KiB of its stack, the system's frame included");
    CHECK(end.exit_status > 1);
    if (!under_asan && !under_tsan) CHECK(end.exit_status <= 16);
}

TEST_CASE("a stack that overflows is handled on another") {
    if (under_asan || under_tsan) return;  // the sanitizer has a stack of its own for every thread
    const auto ends = [](bool has_stack) {
        return in_child([has_stack] {
            ::signal(SIGSEGV, [](int) { ::_exit(34); });
            std::thread([has_stack] {
                if (has_stack) {
                    const fault_stack own;
                    install_fault_handler();
                    overflow(0);
                } else overflow(0);
            }).join();
            return 1;
        });
    };
    CHECK(ends(true).exit_status == 34);
    CHECK(ends(false).signal == SIGSEGV);
}

TEST_CASE("a thread's fault stack goes with its object") {
    std::thread([] {
        stack_t now{};
        ::sigaltstack(nullptr, &now);
        const bool had_one = (now.ss_flags & SS_DISABLE) == 0;  // a sanitizer's
        {
            const fault_stack own, second;
            ::sigaltstack(nullptr, &now);
            CHECK((now.ss_flags & SS_DISABLE) == 0);
        }
        ::sigaltstack(nullptr, &now);
        CHECK(((now.ss_flags & SS_DISABLE) == 0) == had_one);
    }).join();
}
