#include <autopmr/adapters/pugixml.hpp>
#include <autopmr/autopmr.hpp>

#include <pugixml.hpp>

#include <string>

#include "tests/adapters/support/apart.hpp"
#include "tests/adapters/support/library.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/faults.hpp"
#include "tests/support/sanitized.hpp"

using autopmr::pugixml_heap;
using autopmr_test::outcome;
using autopmr_test::refusing_malloc;
using autopmr_test::traffic;

namespace {

std::string document() {
    std::string text = "<all>";
    for (int i = 0; i < 4000; ++i) text += "<item id='" + std::to_string(i) + "'><name>some text</name></item>";
    return text + "</all>";
}

/// Parses, selects, and lets go. Without exceptions in pugixml a query that gets no memory says so; with them it throws.
outcome work() {
    static const std::string text = document();
    pugi::xml_document       parsed;
    const auto               said = parsed.load_string(text.c_str());
    if (said.status == pugi::status_out_of_memory) return outcome::out_of_memory;
    if (said.status != pugi::status_ok) throw "another error";
    try {
        const auto found = parsed.select_nodes("/all/item[@id > 100]/name");
        if (found.size() != 3899) throw "found something else";
    } catch (const std::bad_alloc&) {
        return outcome::out_of_memory;
    } catch (const pugi::xpath_exception&) {
        return outcome::out_of_memory;
    }
    for (pugi::xml_node item : parsed.child("all").children()) {
        const pugi::xml_node more = item.append_child("more");  // without its name where only that was refused
        if (*more.name() == 0) return outcome::out_of_memory;
        pugi::xml_attribute with = item.append_attribute("a");
        if (*with.name() == 0 || !with.set_value(std::string(40, 'x').c_str())) return outcome::out_of_memory;
    }
    return outcome::served;
}

outcome through_resource(traffic& at) {
    if (!pugixml_heap::install(at, "a round")) throw "not installed";
    return work();
}

outcome through_malloc() {
    pugi::set_memory_management_functions(refusing_malloc::malloc, refusing_malloc::free);
    return work();
}

}  // namespace

TEST_CASE("pugixml's traffic is what it asks for by itself, all back with the document; a refusal is status_out_of_memory") {
    const auto all = autopmr_test::each_failure_apart(through_resource, through_malloc);
    CHECK(all.traffic > 30);
    CHECK(all.errors == all.rounds);
    CHECK(all.crashes.empty());
    CHECK(all.leaks.empty());
}

TEST_CASE("pugixml takes one resource, a thread-safe one; a document from before is a fault when it is freed") {
    if (under_asan || under_tsan) return autopmr_test::takes_one_once<pugixml_heap>();  // they report the look before the foreign block first
    auto* const before = new pugi::xml_document;
    before->append_child("from before");
    autopmr_test::takes_one_once<pugixml_heap>();
    const autopmr_test::counted_faults faults;
    delete before;
    CHECK(faults.count > 0);
    CHECK(faults.last.kind == autopmr::fault_kind::foreign_pointer);
    CHECK(autopmr_test::installed<pugixml_heap>().settled());
}
