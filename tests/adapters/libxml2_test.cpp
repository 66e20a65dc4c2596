#include <autopmr/adapters/libxml2.hpp>
#include <autopmr/autopmr.hpp>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlmemory.h>
#include <libxml/xpath.h>

#include <cstdio>
#include <string>

#include "tests/adapters/support/apart.hpp"
#include "tests/adapters/support/library.hpp"
#include "tests/support/catch.hpp"

using autopmr::install_answer;
using autopmr::libxml2_heap;
using autopmr_test::outcome;
using autopmr_test::refusing_malloc;

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

}  // namespace

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
