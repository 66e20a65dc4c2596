#include <autopmr/adapters/expat.hpp>
#include <autopmr/autopmr.hpp>

#include <expat.h>

#include <cstdlib>
#include <string>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/adapters/support/library.hpp"
#include "tests/support/catch.hpp"

using autopmr::expat_heap;
using autopmr::expat_suite;
using autopmr_test::outcome;
using autopmr_test::traffic;

namespace {

struct first;
struct second;

std::string document() {
    std::string text = "<?xml version='1.0'?><!DOCTYPE all [<!ENTITY e 'an entity'><!ATTLIST item kind CDATA 'plain'>]><all>";
    for (int i = 0; i < 300; ++i) {
        const std::string n = std::to_string(i % 90);
        text += "<item" + n + " name" + n + "='" + std::string(static_cast<std::size_t>(i), 'v') + "'>&e; text</item" + n + ">";
    }
    return text + "</all>";
}

outcome parse(const XML_Memory_Handling_Suite* suite, const std::string& text) {
    const XML_Parser parser = XML_ParserCreate_MM(nullptr, suite, nullptr);
    if (parser == nullptr) return outcome::out_of_memory;
    XML_SetHashSalt(parser, 7);  // the same tables each time
    XML_SetElementHandler(parser, [](void*, const XML_Char*, const XML_Char**) {}, [](void*, const XML_Char*) {});
    XML_Status said = XML_STATUS_OK;
    for (std::size_t at = 0; at < text.size() && said == XML_STATUS_OK; at += 1000)
        said = XML_Parse(parser, text.data() + at, static_cast<int>(std::min<std::size_t>(1000, text.size() - at)), at + 1000 >= text.size());
    const XML_Error error = XML_GetErrorCode(parser);
    CHECK((said == XML_STATUS_OK || error == XML_ERROR_NO_MEMORY));
    XML_ParserFree(parser);
    return said == XML_STATUS_OK ? outcome::served : outcome::out_of_memory;
}

/// What Expat asks for, on its way to the bridge.
struct asked {
    static inline std::size_t blocks = 0, bytes = 0;
    static void*              malloc(std::size_t n) {
        ++blocks, bytes += n;
        return expat_heap<first>::malloc(n);
    }
    static void* realloc(void* block, std::size_t n) {
        const std::size_t had = expat_heap<first>::usable_size(block);
        if (n > had || n < had / 2) ++blocks, bytes += n;
        return expat_heap<first>::realloc(block, n);
    }
};

}  // namespace

TEST_CASE("a parser takes the resource of its Tag, once given and thread-safe; before that there is none") {
    CHECK(XML_ParserCreate_MM(nullptr, expat_suite<first>(), nullptr) == nullptr);
    autopmr_test::takes_one_once<expat_heap<first>>();
    traffic& other = autopmr_test::installed<expat_heap<second>>();
    CHECK(parse(expat_suite<second>(), "<a/>") == outcome::served);
    CHECK(other.now().allocations > 0);
    CHECK(other.settled());
    CHECK(autopmr_test::installed<expat_heap<first>>().now().allocations == 0);
}

TEST_CASE("Expat's traffic goes through the resource as Expat asks for it, and is back after XML_ParserFree") {
    traffic&                        at = autopmr_test::installed<expat_heap<first>>();
    const auto                      before = at.now();
    const XML_Memory_Handling_Suite counting{asked::malloc, asked::realloc, expat_heap<first>::free};
    CHECK(parse(&counting, document()) == outcome::served);
    CHECK(asked::blocks > 50);
    CHECK(at.now().allocations - before.allocations == asked::blocks);
    CHECK(at.now().bytes - before.bytes == asked::bytes + 16 * asked::blocks);
    CHECK(at.settled());
}

TEST_CASE("whatever is refused, Expat says XML_ERROR_NO_MEMORY and the parser goes away whole") {
    traffic&          at = autopmr_test::installed<expat_heap<first>>();
    const std::string text = document();
    const auto        all = autopmr_test::each_failure(at, [&](traffic&) { return parse(expat_suite<first>(), text); });
    CHECK(all.errors == all.rounds);
}

TEST_CASE("a parser that is fed again after a refusal may crash, over plain malloc too: the page says so") {
    static std::size_t until = 0;
    struct plain {
        static void* malloc(std::size_t n) { return until != 0 && --until == 0 ? nullptr : std::malloc(n); }
        static void* realloc(void* block, std::size_t n) { return until != 0 && --until == 0 ? nullptr : std::realloc(block, n); }
    };
    static constexpr XML_Memory_Handling_Suite over_malloc{plain::malloc, plain::realloc, std::free};
    const auto feed = [](const XML_Memory_Handling_Suite* suite) {
        const XML_Parser parser = XML_ParserCreate_MM("UTF-8", suite, nullptr);
        if (parser == nullptr) return 0;
        for (const char one : std::string("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"))
            if (XML_Parse(parser, &one, 1, 0) != XML_STATUS_OK) break;
        XML_Parse(parser, nullptr, 0, 1);
        XML_ParserFree(parser);
        return 0;
    };
    const auto went_wrong = [](const autopmr_test::child_end& end) { return end.signal != 0 || end.exit_status != 0; };
    traffic&   at = autopmr_test::installed<expat_heap<first>>();
    int        ours = 0, malloc = 0;
    for (std::size_t n = 1; n < 20; ++n) {
        ours += went_wrong(autopmr_test::in_child([&] { return at.refuse(n), feed(expat_suite<first>()); }));
        malloc += went_wrong(autopmr_test::in_child([&] { return until = n, feed(&over_malloc); }));
    }
    CHECK(ours == malloc);
}
