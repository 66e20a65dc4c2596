#include <autopmr/adapters/cjson.hpp>
#include <autopmr/autopmr.hpp>

#include <cjson/cJSON.h>

#include <string>

#include "tests/adapters/support/apart.hpp"
#include "tests/adapters/support/library.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/faults.hpp"
#include "tests/support/sanitized.hpp"

using autopmr::cjson_heap;
using autopmr_test::outcome;
using autopmr_test::refusing_malloc;
using autopmr_test::traffic;

namespace {

std::string document() {
    std::string text = "{";
    for (int i = 0; i < 60; ++i)
        text += "\"key " + std::to_string(i) + "\": [" + std::to_string(i) + ", 1.5, true, null, \"a text \\u00e4 " + std::string(40, 'x') + "\"],";
    return text + "\"last\": {\"of\": \"all\"}}";
}

/// Parses, prints, and lets go. cJSON says null, no reason.
outcome work() {
    static const std::string text = document();
    cJSON* const             all = cJSON_Parse(text.c_str());
    if (all == nullptr) return outcome::out_of_memory;
    char* const printed = cJSON_Print(all);
    cJSON_Delete(all);
    if (printed == nullptr) return outcome::out_of_memory;
    cJSON_free(printed);
    return outcome::served;
}

outcome through_resource(traffic& at) {
    if (!cjson_heap::install(at, "a round")) throw "not installed";
    return work();
}

outcome through_malloc() {
    cJSON_Hooks hooks{refusing_malloc::malloc, refusing_malloc::free};
    cJSON_InitHooks(&hooks);
    return work();
}

}  // namespace

TEST_CASE("cJSON's traffic is what it asks for by itself, all back after cJSON_Delete; a refusal is null") {
    const auto all = autopmr_test::each_failure_apart(through_resource, through_malloc);
    CHECK(all.traffic > 300);
    CHECK(all.errors == all.rounds);
    CHECK(all.crashes.empty());
    CHECK(all.leaks.empty());
}

TEST_CASE("cJSON takes one resource, a thread-safe one; a value from before is a fault when it is freed") {
    if (under_asan || under_tsan) return autopmr_test::takes_one_once<cjson_heap>();  // they report the look before the foreign block first
    cJSON* const before = cJSON_CreateNull();
    autopmr_test::takes_one_once<cjson_heap>();
    const autopmr_test::counted_faults faults;
    cJSON_Delete(before);
    CHECK(faults.count > 0);
    CHECK(faults.last.kind == autopmr::fault_kind::foreign_pointer);
    CHECK(autopmr_test::installed<cjson_heap>().settled());
}
