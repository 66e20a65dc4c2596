#include <autopmr/adapters/lzma.hpp>

#include <cstdint>

#include "tests/adapters/support/codec.hpp"

namespace {

using autopmr_test::outcome;
using autopmr_test::text;

std::uint8_t* bytes(const std::string& of) { return reinterpret_cast<std::uint8_t*>(const_cast<char*>(of.data())); }

/// Runs an initialised stream to its end, and ends it.
lzma_ret run(lzma_stream& stream, const std::string& in, std::size_t size, std::string& out) {
    stream.next_in = bytes(in), stream.avail_in = size;
    stream.next_out = bytes(out), stream.avail_out = out.size();
    const lzma_ret answer = lzma_code(&stream, LZMA_FINISH);
    lzma_end(&stream);
    return answer;
}

outcome round(const lzma_allocator& memory) {
    std::string packed(text().size() + 1000, '\0'), unpacked(text().size(), '\0');
    lzma_stream pack = LZMA_STREAM_INIT, unpack = LZMA_STREAM_INIT;
    pack.allocator = unpack.allocator = &memory;

    lzma_ret answer = lzma_easy_encoder(&pack, 1, LZMA_CHECK_CRC32);
    if (answer == LZMA_OK) answer = run(pack, text(), text().size(), packed);
    lzma_end(&pack);
    if (answer == LZMA_MEM_ERROR) return outcome::out_of_memory;
    REQUIRE(answer == LZMA_STREAM_END);

    answer = lzma_stream_decoder(&unpack, UINT64_MAX, 0);
    if (answer == LZMA_OK) answer = run(unpack, packed, pack.total_out, unpacked);
    lzma_end(&unpack);
    if (answer == LZMA_MEM_ERROR) return outcome::out_of_memory;
    REQUIRE(answer == LZMA_STREAM_END);
    REQUIRE(unpacked == text());
    return outcome::served;
}

}  // namespace

TEST_CASE("liblzma: the traffic is its own, and each refusal its own error") {
    const auto got = autopmr_test::keeps_books(
        [](autopmr::c_heap& heap) { return round(autopmr::lzma_memory(heap)); },
        [](autopmr_test::plain_heap& plain) {
            return round({autopmr_test::plain_hooks::items<std::size_t>, autopmr_test::plain_hooks::free, &plain});
        });
    CHECK(got.traffic >= 14);
    CHECK(got.errors == got.rounds);
}
