#include <autopmr/adapters/nlohmann.hpp>
#include <autopmr/autopmr.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child.hpp"

using autopmr::thread_json;
using autopmr::thread_resource_scope;
using autopmr_test::traffic;

namespace {

const char* const document = R"({"table": [{"name": "a name of more than a few letters", "codes": [1, 2, 3, 4.5, null, true]},
    {"name": "another name of more than a few letters", "nested": {"deep": {"deeper": ["x", "y", {"z": {}}]}}}]})";

/// An allocator that has nothing of autopmr's, over malloc; the first allocation fails where `fails` says so.
struct first_fails {
    static inline bool fails = false;
};
template <class T>
struct plain_allocator : first_fails {
    using value_type = T;
    plain_allocator() = default;
    template <class U>
    plain_allocator(const plain_allocator<U>&) noexcept {}
    T* allocate(std::size_t n) {
        if (std::exchange(fails, false)) throw std::bad_alloc();
        return static_cast<T*>(std::malloc(n * sizeof(T)));
    }
    void deallocate(T* block, std::size_t) noexcept { std::free(block); }
    bool operator==(const plain_allocator&) const noexcept { return true; }
    bool operator!=(const plain_allocator&) const noexcept { return false; }
};
using plain_string = std::basic_string<char, std::char_traits<char>, plain_allocator<char>>;
using plain_json = nlohmann::basic_json<std::map, std::vector, plain_string, bool, std::int64_t, std::uint64_t, double, plain_allocator>;

/// A null that becomes an object; true where that was refused and all went on.
template <class Json, class Refuse>
bool outlives_a_refusal(Refuse&& refuse) {
    try {
        Json from_nothing;
        refuse();
        from_nothing["key"] = 1;
    } catch (const std::bad_alloc&) {
        return true;
    }
    return false;
}

}  // namespace

TEST_CASE("what nlohmann's json parses lies in the thread's resource, and comes back from anywhere") {
    traffic     at;
    thread_json parsed;
    {
        const thread_resource_scope scope(&at);
        parsed = thread_json::parse(document);
        CHECK(at.now().live >= 20);
    }
    const std::size_t before = at.now().allocations;
    parsed["added"] = "outside of the scope, and longer than what a string keeps inside";
    CHECK(at.now().allocations == before);
    CHECK(parsed["table"].size() == 2);
    parsed = nullptr;
    CHECK(at.settled());
}

TEST_CASE("whatever is refused, nlohmann's json throws bad_alloc and keeps the books") {
    traffic    at;
    const auto got = autopmr_test::each_failure_throws(at, [](traffic& upstream) {
        const thread_resource_scope scope(&upstream);
        const thread_json           parsed = thread_json::parse(R"({"a": [1, 2, {"b": "a text that is too long to be kept inside"}], "c": {"d": []}})");
        REQUIRE(parsed.size() == 2);
    });
    CHECK(got.traffic > 10);
}

TEST_CASE("whatever is refused while a document is changed, nlohmann's json throws bad_alloc and keeps the books") {
    traffic    at;
    const auto got = autopmr_test::each_failure_throws(at, [](traffic& upstream) {
        const thread_resource_scope scope(&upstream);
        thread_json                 one = thread_json::parse(document);
        const thread_json           copy = one;
        one["table"].push_back("a text that is too long to be kept inside");
        one["added"] = thread_json::object();  // not a null that becomes one, see below
        one["added"]["key"] = copy;
        one.merge_patch(copy);
        REQUIRE(one.size() == 2);
    });
    CHECK(got.traffic > 60);
}

TEST_CASE("a null that becomes an object can't take a refusal, with an allocator that is not ours either: the page says so") {
    const auto ours = autopmr_test::in_child([] {
        traffic                     at;
        const thread_resource_scope scope(&at);
        return outlives_a_refusal<thread_json>([&] { at.refuse(1); }) ? 0 : 1;
    });
    const auto plain = autopmr_test::in_child([] { return outlives_a_refusal<plain_json>([] { first_fails::fails = true; }) ? 0 : 1; });
    CHECK(ours.exit_status == plain.exit_status);
    CHECK(ours.signal == plain.signal);
    CHECK(plain.exit_status != 0);  // where this fails nlohmann has learned it: the page is to be changed
}
