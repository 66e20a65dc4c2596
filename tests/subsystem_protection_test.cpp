#include <autopmr/subsystem.hpp>

#include <autopmr/describe.hpp>
#include <autopmr/fault_report.hpp>
#include <autopmr/selector.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/faults.hpp"

#include <string>
#include <thread>
#include <vector>

using namespace autopmr;
using autopmr_test::counted_faults;

namespace {

subsystem_options under(guard which) {
    subsystem_options options;
    options.under = which;
    return options;
}

subsystem_options secret_memory() {
    subsystem_options options;
    options.secret = true;
    return options;
}

// Blocks that are misused stay out of circulation: kept in sight, so that LeakSanitizer does not take them for leaks.
auto& misused = *new std::vector<void*>;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("a subsystem under a guard allocates through it, and its report names the subsystem") {
    for (const guard which : {guard::canary, guard::pages, guard::sampled}) {
        const std::string name = "guarded." + std::string(to_string(which));
        INFO(name);
        const policy_result set = configure(name, under(which));
        INFO(set.error());
        REQUIRE(set.ok());
        subsystem_resource& s = subsystem(name);
        CHECK(s.settings().under == which);
        CHECK(s.settings().under_from.view() == "program");
        auto* const block = static_cast<char*>(s.allocate(100, 4));
        block[99] = 1;
        REQUIRE(s.upstream_layer() != nullptr);
        CHECK(contains(describe(&s), which == guard::canary ? "canary" : which == guard::pages ? "page_guarded" : "sampled_guard"));
        CHECK(s.usage().backend == (which == guard::pages ? "page_guarded" : default_decision().ok() ? default_decision().chosen->name : select().chosen->name));
        if (which == guard::sampled) {
            s.deallocate(block, 100, 4);
            continue;
        }
        const counted_faults faults;
        misused.push_back(block);
        s.deallocate(block, 99, 4);  // as its own size is, so are the books: no overflow of what is wrong
        CHECK(faults.count == 1);
        CHECK(faults.last.kind == fault_kind::wrong_size);
        CHECK(faults.last.expected_bytes == 100);
        CHECK(std::string(faults.last.subsystem) == name);
    }
}

TEST_CASE("a child inherits the guard, and is reported under its own name") {
    REQUIRE(configure("heir", under(guard::canary)).ok());
    subsystem_resource& child = subsystem("heir.child");
    CHECK(child.settings().under == guard::canary);
    CHECK(child.settings().under_from.view() == "inherited from heir");
    void* const          block = child.allocate(32);
    const counted_faults faults;
    misused.push_back(block);
    child.deallocate(block, 32, 64);
    CHECK(faults.count == 1);
    CHECK(faults.last.kind == fault_kind::wrong_alignment);
    CHECK(std::string(faults.last.subsystem) == "heir.child");
    CHECK(subsystem("heir").settings().under == guard::canary);  // bound with it

    REQUIRE(configure("heir.free", under(guard::none)).ok());
    subsystem_resource& bare = subsystem("heir.free");
    bare.deallocate(bare.allocate(8), 8);
    CHECK_FALSE(contains(describe(&bare), "canary"));
}

TEST_CASE("a guard stands on the own heap where there is one") {
    subsystem_options options = under(guard::canary);
    options.backend = "new_delete";
    options.own_heap = true;
    REQUIRE(configure("both", options).ok());
    subsystem_resource& s = subsystem("both");
    s.deallocate(s.allocate(500), 500);
    const std::string told = describe(&s);
    INFO(told);
    CHECK(contains(told, "canary"));
    CHECK(contains(told, "concurrent_pool"));
    CHECK(contains(subsystem_table(), "new_delete under canary (own heap)"));
}

TEST_CASE("secret memory takes the backend's place") {
    REQUIRE(configure("keys", secret_memory()).ok());
    subsystem_resource& keys = subsystem("keys");
    CHECK(keys.settings().secret);
    CHECK(keys.settings().secret_from.view() == "program");
    void* block = nullptr;
    try {
        block = keys.allocate(32);
    } catch (const std::bad_alloc&) {
        WARN("no secret memory here");  // never ordinary memory instead
        CHECK(keys.usage().live == 0);
        return;
    }
    CHECK(keys.usage().backend == "secret");
    CHECK(keys.usage().live == 32);
    keys.deallocate(block, 32);
    CHECK(contains(subsystem_json(), "\"secret\": true"));
}

TEST_CASE("what can't go together or comes too late is refused") {
    subsystem_options both = secret_memory();
    both.under = guard::sampled;
    const policy_result conflict = configure("odd", both);
    CHECK_FALSE(conflict.ok());
    CHECK(contains(conflict.error(), "guard of subsystem 'odd' is \"sampled\", which secret memory can't have"));
    both.under = guard::pages;
    CHECK(configure("odd", both).ok());

    subsystem_resource& late = subsystem("late_guard");
    late.deallocate(late.allocate(8), 8);
    const policy_result guarded = configure("late_guard", under(guard::canary));
    CHECK_FALSE(guarded.ok());
    CHECK(contains(guarded.error(), "guard of subsystem 'late_guard' can't change any more"));
    CHECK_FALSE(configure("late_guard", secret_memory()).ok());
    CHECK(configure("late_guard", under(guard::none)).ok());  // no change
}

TEST_CASE("threads that bind a guarded subsystem at once share one guard") {
    REQUIRE(configure("crowd", under(guard::canary)).ok());
    subsystem_resource&      s = subsystem("crowd.all");
    std::vector<std::thread> threads;
    for (int i = 0; i != 4; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n != 100; ++n) s.deallocate(s.allocate(24), 24);
        });
    for (std::thread& t : threads) t.join();
    CHECK(s.usage().live == 0);
    CHECK(s.usage().count == 400);
}
