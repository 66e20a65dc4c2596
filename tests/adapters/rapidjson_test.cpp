#include <autopmr/adapters/rapidjson.hpp>
#include <autopmr/autopmr.hpp>

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdlib>
#include <new>
#include <string>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child.hpp"

using autopmr::rapidjson_allocator;
using autopmr::rapidjson_document;
using autopmr::rapidjson_pool;
using autopmr_test::traffic;

namespace {

using value_by_value = rapidjson::GenericDocument<rapidjson::UTF8<>, rapidjson_allocator, rapidjson_allocator>;
using text_buffer = rapidjson::GenericStringBuffer<rapidjson::UTF8<>, rapidjson_allocator>;

std::string document() {
    std::string text = "{";
    for (int i = 0; i < 200; ++i)
        text += "\"a longer key, number " + std::to_string(i) + "\": [" + std::to_string(i) + ", 1.5, true, null, \"a text " + std::string(40, 'x') + "\"],";
    return text + "\"last\": {\"of\": \"all\"}}";
}

template <class Document>
void parse_and_print(Document& all, rapidjson_allocator& from) {
    static const std::string text = document();
    all.Parse(text.c_str());
    REQUIRE(!all.HasParseError());
    text_buffer                                                                                            printed(&from);
    rapidjson::Writer<text_buffer, rapidjson::UTF8<>, rapidjson::UTF8<>, rapidjson_allocator> writer(printed, &from);
    all.Accept(writer);
    CHECK(printed.GetSize() > 1000);
}

void in_pool(traffic& at) {
    rapidjson_allocator from(&at);
    rapidjson_pool      values(4096, &from);
    rapidjson_document  all(&values, 64, &from);
    parse_and_print(all, from);
}

/// RapidJSON's own kind of allocator over plain malloc, which has no more after so many.
struct few {
    static const bool         kNeedFree = true;
    static inline std::size_t left = 0;
    void*                     Malloc(std::size_t n) { return n != 0 && left != 0 ? --left, std::malloc(n) : nullptr; }
    void*                     Realloc(void* p, std::size_t, std::size_t n) { return left != 0 ? --left, std::realloc(p, n) : nullptr; }
    static void               Free(void* p) { std::free(p); }
};

}  // namespace

TEST_CASE("RapidJSON's pool takes its chunks from the resource, and gives them back with the pool") {
    traffic at;
    in_pool(at);
    CHECK(at.now().allocations > 10);
    CHECK(at.settled());
    rapidjson_allocator from(&at);
    rapidjson_pool      values(4096, &from);
    values.Malloc(100);
    CHECK(at.now().live == 1);
    CHECK(at.now().live_bytes == 4096 + 24 + 16);  // a chunk, RapidJSON's header of it, and ours
    values.Clear();
    CHECK(at.settled());
}

TEST_CASE("a block is freed without a context, to where it came from, with its size") {
    traffic             one, two;
    rapidjson_allocator first(&one), second(&two);
    void*               block = first.Malloc(10);
    void* const         other = second.Malloc(20);
    block = first.Realloc(block, 10, 100);
    rapidjson_allocator::Free(other);
    rapidjson_allocator::Free(block);
    rapidjson_allocator::Free(nullptr);
    CHECK(first.Malloc(0) == nullptr);
    CHECK(first.Realloc(first.Malloc(5), 5, 0) == nullptr);
    CHECK_THROWS_AS(first.Malloc(SIZE_MAX), std::bad_alloc);
    CHECK(one.settled());
    CHECK(two.settled());
}

TEST_CASE("whatever is refused is thrown through RapidJSON, which has no error for it, and what it had is back") {
    traffic at;
    autopmr_test::each_failure_throws(at, in_pool);
}

TEST_CASE("value by value RapidJSON gives each back; a refusal there it can not bear, of its own kind of allocator either") {
    traffic at;
    {
        rapidjson_allocator from(&at);
        value_by_value      all(&from, 64, &from);
        parse_and_print(all, from);
        CHECK(at.now().allocations > 300);
    }
    CHECK(at.settled());
    const auto end = autopmr_test::in_child([] {
        few from;
        few::left = 10;
        rapidjson::GenericDocument<rapidjson::UTF8<>, few, few> all(&from, 64, &from);
        all.Parse(document().c_str());
        return 0;
    });
    CHECK((end.signal != 0 || end.exit_status != 0));
}
