#include <autopmr/secret_vector.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

using autopmr::secret_resource;
using autopmr::secret_vector;

TEST_CASE("what a vector of secrets grows out of is wiped") {
    secret_resource     secrets;
    secret_vector<char> word(secrets);
    word.assign({'h', 'u', 's', 'h', '-', 'h', 'u', 's', 'h', '!'});
    const char* const before = word.data();
    word.reserve(500);
    CHECK(word.data() != before);
    CHECK(std::all_of(before, before + 10, [](char c) { return c == 0; }));  // its slab is still mapped
    CHECK(std::string_view(word.data(), word.size()) == "hush-hush!");
    CHECK(secrets.usage().live == 1);
}

TEST_CASE("a move takes the resource along and copies nothing, a copy keeps it") {
    secret_resource    first, second;
    secret_vector<int> a(4, 7, first), b(second);
    const int* const   data = a.data();
    b = std::move(a);
    CHECK(b.data() == data);
    CHECK(&b.get_allocator().resource() == &first);
    const secret_vector<int> c = b;
    CHECK(&c.get_allocator().resource() == &first);
    CHECK(c == b);
    CHECK(second.usage().live == 0);
    CHECK(first.usage().live_bytes == 2 * 4 * sizeof(int));
}

TEST_CASE("by default it lives in the process's secrets") {
    secret_vector<std::byte> key(32);
    CHECK(&key.get_allocator().resource() == &autopmr::process_secrets());
    CHECK(std::all_of(key.begin(), key.end(), [](std::byte b) { return b == std::byte{0}; }));
    CHECK(autopmr::process_secrets().usage().live_bytes == 32);
}
