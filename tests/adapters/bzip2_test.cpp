#include <autopmr/adapters/bzip2.hpp>

#include "tests/adapters/support/codec.hpp"

namespace {

using autopmr_test::outcome;
using autopmr_test::text;

char* chars(const std::string& of) { return const_cast<char*>(of.data()); }

outcome round(const bz_stream& memory) {
    std::string packed(text().size() + 1000, '\0'), unpacked(text().size(), '\0');

    bz_stream pack = memory;
    int       answer = BZ2_bzCompressInit(&pack, 9, 0, 0);
    if (answer == BZ_MEM_ERROR) return outcome::out_of_memory;
    REQUIRE(answer == BZ_OK);
    pack.next_in = chars(text()), pack.avail_in = static_cast<unsigned>(text().size());
    pack.next_out = chars(packed), pack.avail_out = static_cast<unsigned>(packed.size());
    REQUIRE(BZ2_bzCompress(&pack, BZ_FINISH) == BZ_STREAM_END);
    REQUIRE(BZ2_bzCompressEnd(&pack) == BZ_OK);

    bz_stream unpack = memory;
    answer = BZ2_bzDecompressInit(&unpack, 0, 0);
    if (answer == BZ_MEM_ERROR) return outcome::out_of_memory;
    REQUIRE(answer == BZ_OK);
    unpack.next_in = chars(packed), unpack.avail_in = pack.total_out_lo32;
    unpack.next_out = chars(unpacked), unpack.avail_out = static_cast<unsigned>(unpacked.size());
    answer = BZ2_bzDecompress(&unpack);
    REQUIRE(BZ2_bzDecompressEnd(&unpack) == BZ_OK);
    if (answer == BZ_MEM_ERROR) return outcome::out_of_memory;
    REQUIRE(answer == BZ_STREAM_END);
    REQUIRE(unpacked == text());
    return outcome::served;
}

}  // namespace

TEST_CASE("bzip2: the traffic is its own, and each refusal its own error") {
    const auto got = autopmr_test::keeps_books(
        [](autopmr::c_heap& heap) { return round(autopmr::bzip2_stream(heap)); },
        [](autopmr_test::plain_heap& plain) {
            bz_stream stream{};
            stream.bzalloc = autopmr_test::plain_hooks::items<int>;
            stream.bzfree = autopmr_test::plain_hooks::free;
            stream.opaque = &plain;
            return round(stream);
        });
    CHECK(got.traffic >= 6);
    CHECK(got.errors == got.rounds);
}
