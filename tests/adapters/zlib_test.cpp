#include <autopmr/adapters/zlib.hpp>

#include "tests/adapters/support/codec.hpp"

namespace {

using autopmr_test::outcome;
using autopmr_test::text;

Bytef* bytes(const std::string& of) { return reinterpret_cast<Bytef*>(const_cast<char*>(of.data())); }

/// `stream` holds hooks and nothing else.
outcome round(const z_stream& memory) {
    std::string packed(text().size() + 1000, '\0'), unpacked(text().size(), '\0');

    z_stream pack = memory;
    int      answer = deflateInit(&pack, 6);
    if (answer == Z_MEM_ERROR) return outcome::out_of_memory;
    REQUIRE(answer == Z_OK);
    pack.next_in = bytes(text()), pack.avail_in = static_cast<uInt>(text().size());
    pack.next_out = bytes(packed), pack.avail_out = static_cast<uInt>(packed.size());
    REQUIRE(deflate(&pack, Z_FINISH) == Z_STREAM_END);
    REQUIRE(deflateEnd(&pack) == Z_OK);

    z_stream unpack = memory;
    unpack.next_in = bytes(packed), unpack.avail_in = static_cast<uInt>(pack.total_out);
    answer = inflateInit(&unpack);
    if (answer == Z_MEM_ERROR) return outcome::out_of_memory;
    REQUIRE(answer == Z_OK);
    for (std::size_t done = 0; answer == Z_OK; done = unpack.total_out) {  // in pieces, else it needs no window
        unpack.next_out = bytes(unpacked) + done;
        unpack.avail_out = static_cast<uInt>(std::min<std::size_t>(10'000, unpacked.size() - done));
        answer = inflate(&unpack, Z_NO_FLUSH);
    }
    REQUIRE(inflateEnd(&unpack) == Z_OK);
    if (answer == Z_MEM_ERROR) return outcome::out_of_memory;
    REQUIRE(answer == Z_STREAM_END);
    REQUIRE(unpacked == text());
    return outcome::served;
}

}  // namespace

TEST_CASE("zlib: the traffic is its own, and each refusal its own error") {
    const auto got = autopmr_test::keeps_books(
        [](autopmr::c_heap& heap) { return round(autopmr::zlib_stream(heap)); },
        [](autopmr_test::plain_heap& plain) {
            z_stream stream{};
            stream.zalloc = autopmr_test::plain_hooks::items<uInt>;
            stream.zfree = autopmr_test::plain_hooks::free;
            stream.opaque = &plain;
            return round(stream);
        });
    CHECK(got.traffic >= 7);
    CHECK(got.errors == got.rounds);
}
