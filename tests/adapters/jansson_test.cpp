#include <autopmr/adapters/jansson.hpp>
#include <autopmr/autopmr.hpp>

#include <jansson.h>

#include <string>

#include "tests/adapters/support/apart.hpp"
#include "tests/adapters/support/library.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/faults.hpp"
#include "tests/support/sanitized.hpp"

using autopmr::jansson_heap;
using autopmr_test::outcome;
using autopmr_test::refusing_malloc;
using autopmr_test::traffic;

namespace {

std::string document() {
    std::string text = "{";
    for (int i = 0; i < 40; ++i)
        text += "\"key " + std::to_string(i) + "\": [" + std::to_string(i) + ", 1.5, true, null, \"a text \\u00e4 " + std::string(40, 'x') + "\"],";
    return text + "\"last\": {\"of\": \"all\"}}";
}

/// Parses, prints, and lets go.
outcome work(void (*release)(void*)) {
    json_object_seed(7);  // the same tables each time
    static const std::string text = document();
    json_t* const            all = json_loads(text.c_str(), 0, nullptr);
    if (all == nullptr) return outcome::out_of_memory;
    char* const printed = json_dumps(all, JSON_SORT_KEYS);
    json_decref(all);
    if (printed == nullptr) return outcome::out_of_memory;
    release(printed);
    return outcome::served;
}

outcome through_resource(traffic& at) {
    if (!jansson_heap::install(at, "a round")) throw "not installed";
    return work(jansson_heap::free);
}

outcome through_malloc() {
    json_set_alloc_funcs(refusing_malloc::malloc, refusing_malloc::free);
    return work(refusing_malloc::free);
}

/// The lexer of 2.14 does not look whether its buffer could grow, and loses a character; over malloc too. Its other refusals in
/// that place are errors, but called a wrong token.
constexpr std::size_t where_the_lexer_goes_on = 2;

}  // namespace

TEST_CASE("Jansson's traffic is what it asks for by itself, all back after json_decref; a refusal is its error") {
    const auto all = autopmr_test::each_failure_apart(through_resource, through_malloc);
    CHECK(all.traffic > 300);
    CHECK(all.errors + where_the_lexer_goes_on >= all.rounds);
    CHECK(all.crashes.empty());
    CHECK(all.leaks.empty());
}

TEST_CASE("Jansson takes one resource, a thread-safe one; a value from before is a fault when it is freed") {
    if (under_asan || under_tsan) return autopmr_test::takes_one_once<jansson_heap>();  // they report the look before the foreign block first
    json_t* const before = json_string("from before");
    autopmr_test::takes_one_once<jansson_heap>();
    const autopmr_test::counted_faults faults;
    json_decref(before);
    CHECK(faults.count > 0);
    CHECK(faults.last.kind == autopmr::fault_kind::foreign_pointer);
    CHECK(autopmr_test::installed<jansson_heap>().settled());
}
