#include <autopmr/adapters/brotli.hpp>

#include <cstdint>

#include "tests/adapters/support/codec.hpp"

namespace {

using autopmr_test::outcome;

std::uint8_t* bytes(const std::string& of) { return reinterpret_cast<std::uint8_t*>(const_cast<char*>(of.data())); }

/// Both are made by the caller, and may be null. The encoder has one error for all.
outcome round(BrotliEncoderState* pack, BrotliDecoderState* unpack, std::uint32_t quality) {
    const std::string text = autopmr_test::text().substr(0, quality > 9 ? 20'000 : 300'000);  // the best takes its time
    std::string packed(text.size() + 1000, '\0'), unpacked(text.size(), '\0');
    bool        packed_all = false;
    auto        answer = BROTLI_DECODER_RESULT_ERROR;
    if (pack != nullptr && unpack != nullptr) {
        BrotliEncoderSetParameter(pack, BROTLI_PARAM_QUALITY, quality);
        std::size_t         in = text.size(), room = packed.size();
        const std::uint8_t* from = bytes(text);
        std::uint8_t*       to = bytes(packed);
        packed_all = BrotliEncoderCompressStream(pack, BROTLI_OPERATION_FINISH, &in, &from, &room, &to, nullptr) && BrotliEncoderIsFinished(pack);
        if (packed_all) {
            in = packed.size() - room, from = bytes(packed);
            room = unpacked.size(), to = bytes(unpacked);
            answer = BrotliDecoderDecompressStream(unpack, &in, &from, &room, &to, nullptr);
            if (answer == BROTLI_DECODER_RESULT_ERROR) {
                const auto code = BrotliDecoderGetErrorCode(unpack);
                REQUIRE((code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES));
            }
        }
    }
    BrotliEncoderDestroyInstance(pack);
    BrotliDecoderDestroyInstance(unpack);
    if (!packed_all || answer == BROTLI_DECODER_RESULT_ERROR) return outcome::out_of_memory;
    REQUIRE(answer == BROTLI_DECODER_RESULT_SUCCESS);
    REQUIRE(unpacked == text);
    return outcome::served;
}

}  // namespace

TEST_CASE("brotli: the traffic is its own, and each refusal its own error but those at which its encoder exits") {
    for (const std::uint32_t quality : {5u, 11u}) {
        const auto over_malloc = [=](autopmr_test::plain_heap& plain) {
            using hooks = autopmr_test::plain_hooks;
            return round(BrotliEncoderCreateInstance(hooks::malloc, hooks::free, &plain),
                         BrotliDecoderCreateInstance(hooks::malloc, hooks::free, &plain), quality);
        };
        autopmr_test::plain_heap plain;
        over_malloc(plain);
        // Unless it was built with BROTLI_ENCODER_CLEANUP_ON_OOM, an encoder that gets no memory while it packs calls exit.
        const auto deadly = autopmr_test::deadly(over_malloc, plain.allocations);
        const auto got = autopmr_test::keeps_books(
            [=](autopmr::c_heap& heap) { return round(autopmr::brotli_encoder(heap), autopmr::brotli_decoder(heap), quality); }, over_malloc,
            deadly);
        CHECK(got.traffic >= 8);
        CHECK(got.rounds >= 4);  // both instances, and what the decoder does
        CHECK(got.errors == got.rounds);
        if (!deadly.empty()) {
            CHECK(deadly.front() == 3);  // after both instances
            CHECK(deadly.back() == deadly.front() + deadly.size() - 1);
            CHECK(deadly.back() < got.traffic);
        }
    }
}
