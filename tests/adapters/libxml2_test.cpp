#include <autopmr/adapters/libxml2.hpp>
#include <autopmr/autopmr.hpp>

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlmemory.h>
#include <libxml/xpath.h>

#include <cstdio>
#include <string>
#include <utility>

#include "tests/adapters/support/apart.hpp"
#include "tests/adapters/support/library.hpp"
#include "tests/support/catch.hpp"

using autopmr::install_answer;
using autopmr::libxml2_heap;
using autopmr_test::outcome;
using autopmr_test::refusing_malloc;
using autopmr_test::traffic;

namespace {

std::string document() {
    std::string text = "<?xml version='1.0'?><!DOCTYPE all [<!ENTITY e 'an entity'>]><all xmlns:p='urn:p'>";
    for (int i = 0; i < 60; ++i) text += "<p:item id='" + std::to_string(i) + "'>&e; <name>some text</name><!-- c --></p:item>";
    return text + "</all>";
}

void say_nothing(void*, const char*, ...) {}

/// The whole of libxml2's life.
outcome work() {
    static const std::string text = document();
    static int               fatal;
    fatal = 0;
    xmlSetGenericErrorFunc(nullptr, say_nothing);
    xmlSetStructuredErrorFunc(nullptr, [](void*, auto* error) { if (error->code == XML_ERR_NO_MEMORY) ++fatal; });
    bool            done = false;
    const xmlDocPtr all = xmlReadMemory(text.data(), static_cast<int>(text.size()), "all.xml", nullptr, XML_PARSE_NOENT);
    if (all != nullptr) {
        xmlChar*  printed = nullptr;
        int       bytes = 0;
        xmlDocDumpMemory(all, &printed, &bytes);
        done = printed != nullptr && bytes > 1000;
        xmlFree(printed);
        xmlFreeDoc(all);
    }
    xmlCleanupParser();
    return done && fatal == 0 ? outcome::served : outcome::out_of_memory;
}

void hook_malloc() { xmlMemSetup(refusing_malloc::free, refusing_malloc::malloc, refusing_malloc::realloc, refusing_malloc::strdup); }

/// How often a refusal of one allocation of `use` ends the process, or hangs it: over the bridge, and over plain malloc.
template <class Use>
std::pair<int, int> ends_of(Use&& use, std::size_t traffic_of_it) {
    constexpr int patience = 2;  // seconds
    const auto    over_ours = [&](std::size_t n) {
        return autopmr_test::in_child([&] {
            traffic& at = autopmr::make_immortal<traffic>();
            if (!libxml2_heap::install(at, "a round")) return 1;
            at.refuse(n);
            use();
            return at.now().complaints == 0 ? 0 : 1;
        }, patience);
    };
    const auto over_malloc = [&](std::size_t n) {
        return autopmr_test::in_child([&] {
            xmlMemSetup(refusing_malloc::free, refusing_malloc::malloc, refusing_malloc::realloc, refusing_malloc::strdup);
            xmlInitParser();
            refusing_malloc::until = n;
            use();
            return 0;
        }, patience);
    };
    const auto went_wrong = [](const autopmr_test::child_end& end) { return end.hung || end.signal != 0 || end.exit_status != 0; };
    REQUIRE_FALSE(went_wrong(over_ours(0)));
    std::pair<int, int> all{0, 0};
    for (std::size_t n = 1; n <= traffic_of_it; ++n) {
        all.first += went_wrong(over_ours(n));
        all.second += went_wrong(over_malloc(n));
    }
    return all;
}

void query() {
    xmlSetGenericErrorFunc(nullptr, say_nothing);
    static constexpr char text[] = "<a><b c='1'>text</b><b/><b>more</b></a>";
    const xmlDocPtr       all = xmlReadMemory(text, sizeof text - 1, "a.xml", nullptr, 0);
    if (all == nullptr) return;
    if (const xmlXPathContextPtr context = xmlXPathNewContext(all)) {
        for (const char* const asked : {"//b[@c='1']/text()", "//b[position() mod 2 = 1] | //a", "concat('a', substring('abc', 2))"})
            xmlXPathFreeObject(xmlXPathEvalExpression(reinterpret_cast<const xmlChar*>(asked), context));
        xmlXPathFreeContext(context);
    }
    xmlFreeDoc(all);
}

void read_html() {
    xmlSetGenericErrorFunc(nullptr, say_nothing);
    static constexpr char text[] = "<html><head><title>x<body><p class=a>t<b>x<table><tr><td>1<td>2</table><script>a<b</script>&amp;&eacute;";
    const xmlDocPtr       all = htmlReadMemory(text, sizeof text - 1, "a.html", nullptr, HTML_PARSE_RECOVER);
    if (all != nullptr) xmlFreeDoc(all);
}

}  // namespace

TEST_CASE("what a refusal in a query or in HTML does to libxml2, it does over plain malloc too") {
    for (void (*const use)() : {query, read_html}) {
        const auto [ours, malloc] = ends_of(use, use == query ? 330 : 100);
        std::printf("libxml2, %s: a refusal ends or hangs it at %d places, with malloc at %d\n", use == query ? "XPath" : "HTML", ours, malloc);
        if (!under_tsan) CHECK((ours > 0) == (malloc > 0));  // its malloc lets a block be freed twice, and glibc does not
    }
}

TEST_CASE("libxml2's traffic is what it asks for by itself, all back after xmlCleanupParser; of each refusal it says so or does without") {
    const auto all = autopmr_test::each_failure_apart<libxml2_heap>(hook_malloc, work);
    std::printf("libxml2: %zu allocations, %zu refused in turn, %zu errors; with malloc too %zu leaks\n", all.traffic, all.rounds,
                all.errors, all.leaks.size());
    CHECK(all.crashes.empty());
    CHECK(all.traffic > 300);
    CHECK(all.errors > all.rounds / 2);
}

TEST_CASE("libxml2 takes one resource, a thread-safe one, and none while it runs") {
    CHECK(autopmr_test::install_in_child<libxml2_heap>([] { xmlInitParser(); }) == install_answer::too_late);
    CHECK(autopmr_test::install_in_child<libxml2_heap>([] { xmlInitParser(), xmlCleanupParser(); }) == install_answer::installed);
    autopmr_test::takes_one_once<libxml2_heap>();
}
