#include <autopmr/subsystem.hpp>

#include "support/catch.hpp"

#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>
#include <autopmr/resource_ptr.hpp>
#include <autopmr/selector.hpp>

#include <memory_resource>
#include <string>
#include <vector>

using namespace autopmr;

namespace {

// Before main, and so before any policy.
auto&                  early = subsystem("early.bird");
std::pmr::vector<char> taken_early(100, 'x', &early);

subsystem_options with_limit(std::size_t bytes) {
    subsystem_options options;
    options.limit = bytes;
    return options;
}

subsystem_options with_backend(std::string_view name) {
    subsystem_options options;
    options.backend = name;
    return options;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("a subsystem is made once, with its ancestors") {
    subsystem_resource& c = subsystem("made.once.c");
    CHECK(&c == &subsystem("made.once.c"));
    CHECK(c.name() == "made.once.c");
    REQUIRE(c.parent() != nullptr);
    CHECK(c.parent()->name() == "made.once");
    CHECK(c.parent()->parent() == &subsystem("made"));
    CHECK(c.parent()->parent()->parent() == &subsystem(""));
    CHECK(subsystem("").parent() == nullptr);
    CHECK(subsystem("").name().empty());
    CHECK(c.is_equal(subsystem("made.once.c")));
    CHECK_FALSE(c.is_equal(*c.parent()));
}

TEST_CASE("a subsystem serves before main") {
    CHECK(early.usage().live == 100);
    CHECK_FALSE(early.usage().backend.empty());
    CHECK(early.upstream_resource() != nullptr);
}

TEST_CASE("a subsystem counts what containers take and give back") {
    subsystem_resource& s = subsystem("counts");
    CHECK(s.usage().backend.empty());
    CHECK(s.upstream_resource() == nullptr);
    {
        std::pmr::vector<int> v({1, 2, 3}, &s);
        CHECK(s.usage().live == 3 * sizeof(int));
        CHECK(s.usage().count == 1);
    }
    const subsystem_usage u = s.usage();
    CHECK(u.live == 0);
    CHECK(u.total == 3 * sizeof(int));
    CHECK(u.peak >= 3 * sizeof(int));
    CHECK(u.peak - u.peak_error <= 3 * sizeof(int));
    CHECK(u.failures == 0);
    CHECK(u.limit == subsystem_options::no_limit);
    CHECK_FALSE(u.backend.empty());
}

TEST_CASE("a parent's books include its children's") {
    subsystem_resource& child = subsystem("family.child");
    void* const         block = child.allocate(5000, 64);
    CHECK(subsystem("family").usage().live == 5000);
    CHECK(subsystem("family").usage().count == 1);
    CHECK(subsystem("").usage().live >= 5000);
    child.deallocate(block, 5000, 64);
    CHECK(subsystem("family").usage().live == 0);
    CHECK(subsystem("family").usage().total == 5000);
}

TEST_CASE("a limit bounds a subsystem and all below it") {
    REQUIRE(configure("bounded", with_limit(1000)).ok());
    subsystem_resource& below = subsystem("bounded.below");
    void* const         block = below.allocate(600);
    try {
        (void)below.allocate(600);
        FAIL("granted over the limit");
    } catch (const limit_exceeded& e) {
        CHECK(std::string(e.resource()) == "bounded");
        CHECK(e.limit() == 1000);
        CHECK(e.bytes() == 600);
    }
    CHECK_THROWS_AS(subsystem("bounded").allocate(600), limit_exceeded);
    CHECK(subsystem("bounded").usage().live == 600);
    CHECK(below.usage().failures == 1);

    REQUIRE(configure("bounded", with_limit(2000)).ok());  // may change while in use
    void* const second = below.allocate(600);
    REQUIRE(configure("bounded", with_limit(100)).ok());  // also below what is live
    CHECK_THROWS_AS(below.allocate(1), limit_exceeded);
    below.deallocate(second, 600);
    below.deallocate(block, 600);
    CHECK(subsystem("bounded").usage().live == 0);
    below.deallocate(below.allocate(100), 100);
    REQUIRE(configure("bounded", with_limit(subsystem_options::no_limit)).ok());
    below.deallocate(below.allocate(100'000), 100'000);
}

TEST_CASE("a failure below leaves the books as they were") {
    subsystem_resource&   s = subsystem("fails");
    void* const           block = s.allocate(10);
    const subsystem_usage before = s.usage();
    CHECK_THROWS_AS(s.allocate(SIZE_MAX / 2 + 1), std::bad_alloc);
    CHECK_THROWS_AS(s.allocate(SIZE_MAX), std::bad_alloc);
    const subsystem_usage after = s.usage();
    CHECK(after.live == before.live);
    CHECK(after.total == before.total);
    CHECK(after.count == before.count);
    CHECK(after.failures == 2);
    s.deallocate(block, 10);
}

TEST_CASE("a bad name is served and shown, not thrown") {
    for (const char* name : {".", "a..b", ".a", "a.", "a b", "a\n", "\xc3\xa4", "a/b"}) {
        INFO(name);
        CHECK_FALSE(subsystem_name_error(name).empty());
        CHECK(subsystem(name).name() == "(invalid)");
        CHECK_FALSE(configure(name, {}).ok());
    }
    CHECK(subsystem_name_error("").empty());
    CHECK(subsystem_name_error("A-1.b_2").empty());
    CHECK(subsystem(std::string(121, 'x')).name() == "(invalid)");
    CHECK(subsystem(std::string(120, 'x')).name().size() == 120);

    subsystem_resource& sink = subsystem("..");
    void* const         block = sink.allocate(77);
    CHECK(sink.usage().live == 77);
    CHECK(sink.parent() == &subsystem(""));
    CHECK(contains(subsystem_table(), "(invalid)"));
    sink.deallocate(block, 77);
}

TEST_CASE("a backend comes from the nearest ancestor that names one") {
    REQUIRE(configure("named", with_backend("new_delete")).ok());
    subsystem_resource& child = subsystem("named.a.b");
    CHECK(child.settings().backend == "new_delete");
    CHECK(child.settings().backend_from.view() == "inherited from named");
    child.deallocate(child.allocate(8), 8);
    CHECK(child.usage().backend == "new_delete");
    CHECK(subsystem("named").usage().backend == "new_delete");  // who decided is bound with it
    CHECK(subsystem("named").settings().backend_from.view() == "program");
    CHECK(subsystem("nobody-said").settings().backend_from.view() == "default");
}

TEST_CASE("after the first allocation limits may change, the backend may not") {
    REQUIRE(configure("late", with_backend("new_delete")).ok());
    subsystem_resource& s = subsystem("late.child");
    s.deallocate(s.allocate(8), 8);
    CHECK(configure("late", with_backend("new_delete")).ok());  // no change
    subsystem_options heap;
    heap.own_heap = true;
    for (const policy_result& result : {configure("late", heap), configure("late.child", heap)}) {
        CHECK_FALSE(result.ok());
        CHECK(contains(result.error(), "can't change any more, it already allocates from 'new_delete'"));
    }
    CHECK(configure("late", with_limit(1000)).ok());
}

TEST_CASE("what can't be had is refused with the reason, and nothing is set") {
    const auto error_of = [](const subsystem_options& options) {
        const std::string   before = subsystem_json();
        const policy_result result = configure("refused", options);
        CHECK_FALSE(result.ok());
        CHECK(subsystem_json() == before);
        return std::string(result.error());
    };
    CHECK(contains(error_of(with_backend("quickalloc")), "backend of subsystem 'refused' is unknown: 'quickalloc'"));
    CHECK(contains(error_of(with_limit(0)), "limit of subsystem 'refused' is 0, which would refuse every request"));
    CHECK(contains(error_of(with_limit(static_cast<std::size_t>(-4096))), "limit of subsystem 'refused' is " + std::to_string(static_cast<std::size_t>(-4096)) +
                                                                          " bytes, more than this machine can address (a negative number becomes such)"));
    CHECK(contains(error_of(with_limit(std::size_t{PTRDIFF_MAX} + 1)), "more than this machine can address"));
    subsystem_options options = with_limit(1000);
    options.under = guard::canary;
    options.secret = true;
    CHECK(contains(error_of(options), "guard of subsystem 'refused' is \"canary\", which secret memory can't have"));
}

TEST_CASE("an own heap is one that the backend makes, else a pool over it") {
    subsystem_options heap;
    heap.own_heap = true;
    for (const backend& maker : backends()) {
        if (!maker.why_not().empty()) continue;
        INFO(maker.name);
        const std::string name = "heap." + std::string(maker.name);
        heap.backend = maker.name;
        const policy_result result = configure(name, heap);
        INFO(result.error());
        if (!result.ok()) {
            REQUIRE(maker.own_heap != nullptr);
            CHECK(contains(result.error(), "can't be had from '" + std::string(maker.name) + "': " + std::string(maker.own_heap().why_not)));
            CHECK_FALSE(subsystem(name).settings().own_heap);
            continue;
        }
        subsystem_resource& owner = subsystem(name);
        subsystem_resource& child = subsystem(name + ".child");
        subsystem_resource& apart = subsystem(name + ".apart");
        REQUIRE(configure(apart.name(), with_backend(maker.name)).ok());
        void* const block = child.allocate(3000);
        CHECK(child.upstream_resource() == owner.upstream_resource());  // a child shares it
        CHECK(child.upstream_resource() != &maker.resource());
        REQUIRE(child.upstream_layer() != nullptr);  // and a walk goes on into it
        if (maker.own_heap == nullptr) CHECK(child.upstream_layer()->upstream_resource() == &maker.resource());
        CHECK(child.settings().own_heap);
        CHECK(child.settings().own_heap_from.view() == "inherited from " + name);
        CHECK(owner.usage().live == 3000);
        CHECK(owner.usage().backend == maker.name);
        child.deallocate(block, 3000);
        apart.deallocate(apart.allocate(8), 8);  // unless it names a backend of its own
        CHECK(apart.upstream_resource() == &maker.resource());
        CHECK_FALSE(apart.settings().own_heap);
        owner.trim();
    }
}

TEST_CASE("a subsystem is known by its address") {
    subsystem_resource&        s = subsystem("known");
    std::pmr::memory_resource* plain = &s;
    CHECK(known_layer(plain) == &s);
    CHECK(resource_ptr(plain).as_layer() == &s);
    s.deallocate(s.allocate(8), 8);
    REQUIRE(s.upstream_layer() != nullptr);  // and a walk goes on to its backend
    CHECK(s.upstream_layer()->name() == s.usage().backend);
}

TEST_CASE("a block that no subsystem can have given is reported") {
    static int reports = 0;
    set_fault_handler([](const fault_report& report) noexcept {
        reports += report.kind == fault_kind::foreign_pointer && std::string_view(report.resource) == "unused";
        return fault_answer::quarantine;
    });
    int foreign = 0;
    subsystem("unused").deallocate(&foreign, sizeof foreign);
    set_fault_handler(nullptr);
    CHECK(reports == 1);
    CHECK(subsystem("unused").usage().live == 0);
}
