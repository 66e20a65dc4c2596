// What the whole process shares is made once, whoever comes first; and a child that is forked while another thread makes it makes
// its own. Here the way to the system's pages stands still for that.
#include <autopmr/errors.hpp>
#include <autopmr/guarded/sampled_guard_resource.hpp>
#include <autopmr/guarded/secret_resource.hpp>
#include <autopmr/selector.hpp>

#include "src/guard_stacks.hpp"
#include "src/support/first_made.hpp"
#include "support/child_wishes.hpp"
#include "support/sanitized.hpp"

#include <atomic>
#include <functional>
#include <memory_resource>
#include <thread>

#if defined(__linux__)
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

using namespace autopmr;
using namespace autopmr_test;

namespace {

struct counted {
    static inline int made = 0, ended = 0;
    explicit counted(int n) : number(n) { ++made; }
    ~counted() { ++ended; }
    int number;
};

}  // namespace

TEST_CASE("who comes second throws its own away") {
    std::atomic<counted*> place{nullptr};
    counted* const        one = first_made(
        place, [&] {
            counted* const other = first_in_pages(place, 1);  // as another thread would, meanwhile
            REQUIRE(other->number == 1);
            return make_in_pages<counted>(2);
        },
        end_in_pages<counted>);
    CHECK(one->number == 1);
    CHECK(place == one);
    CHECK(counted::made == 2);
    CHECK(counted::ended == 1);
    CHECK(first_in_pages(place, 3) == one);
    CHECK(counted::made == 2);
    end_in_pages(one);
}

#if defined(__linux__) && !AUTOPMR_TEST_ASAN && !AUTOPMR_TEST_TSAN  // whose runtimes want to see every mapping

namespace {

std::atomic<int>      armed{0};  // how many mappings from now
std::function<void()> meanwhile;

}  // namespace

extern "C" __attribute__((visibility("default"))) void* mmap(
    void* at, std::size_t bytes, int access, int flags, int file, off_t offset) noexcept {
    if (armed > 0 && armed.fetch_sub(1) == 1) meanwhile();
    return reinterpret_cast<void*>(::syscall(SYS_mmap, at, bytes, access, flags, file, offset));
}

namespace {

// Stands still at each mapping of the first use, one after the other.
void check(const std::function<const void*()>& use) {
    constexpr int none_left = 77;
    int           nth = 1;
    for (child_end all; all.exit_status != none_left;) {
        all = in_child([&] {
            static child_end   end;
            static const void* of_other = nullptr;
            meanwhile = [&] {
                std::thread([&] { end = in_child([&] { return use() != nullptr ? 0 : 1; }, 20); }).join();
                std::thread([&] { of_other = use(); }).join();
            };
            armed = nth;
            const void* const made = use();
            if (armed > 0) return none_left;
            std::cerr << end.error;
            need(!end.hung && end.exit_status == 0);
            need(made != nullptr && made == of_other && made == use());
            return 0;
        });
        INFO("mapping " << nth << ": " << all.error);
        REQUIRE((all.exit_status == 0 || all.exit_status == none_left));
        ++nth;
    }
    CHECK(nth > 2);  // there was one to stand still at
}

const void* secrets() {
    static constexpr char none = 0;
    try {
        return &process_secrets();
    } catch (const protection_unavailable&) {
        return &none;
    }
}

}  // namespace

TEST_CASE("a child that is forked while another thread makes what all share goes on") {
    check([] { return &sampled_guard_pool(); });
    check(secrets);
    for (const guard under : {guard::canary, guard::pages, guard::sampled})
        check([under] { return guard_over(*find_backend("system"), under); });
}

#else

TEST_CASE("a child that is forked while another thread makes what all share goes on") {
    WARN("skipped: not Linux, or a sanitizer that wants to see every mapping");
}

#endif
