#include <autopmr/adapters/zstd.hpp>

#include <zstd_errors.h>

#include "tests/adapters/support/codec.hpp"

namespace {

using autopmr_test::outcome;
using autopmr_test::text;

/// Of two that may be null; freeing null is fine.
struct contexts {
    ZSTD_CCtx*  pack;
    ZSTD_CDict* dictionary;
    ZSTD_DCtx*  unpack;
    ~contexts() { ZSTD_freeCCtx(pack), ZSTD_freeCDict(dictionary), ZSTD_freeDCtx(unpack); }
};

bool refused(std::size_t answer) {
    if (!ZSTD_isError(answer)) return false;
    REQUIRE(ZSTD_getErrorCode(answer) == ZSTD_error_memory_allocation);
    return true;
}

outcome round(ZSTD_customMem memory) {
    std::string packed(ZSTD_compressBound(text().size()), '\0'), unpacked(text().size(), '\0');
    const auto  parameters = ZSTD_getCParams(3, 0, 1000);
    contexts    all{ZSTD_createCCtx_advanced(memory),
                 ZSTD_createCDict_advanced(text().data(), 1000, ZSTD_dlm_byCopy, ZSTD_dct_rawContent, parameters, memory),
                 ZSTD_createDCtx_advanced(memory)};
    if (all.pack == nullptr || all.dictionary == nullptr || all.unpack == nullptr) return outcome::out_of_memory;
    std::size_t size = ZSTD_compress_usingCDict(all.pack, packed.data(), packed.size(), text().data(), text().size(), all.dictionary);
    if (refused(size)) return outcome::out_of_memory;

    size = ZSTD_compressCCtx(all.pack, packed.data(), packed.size(), text().data(), text().size(), 7);
    if (refused(size)) return outcome::out_of_memory;
    ZSTD_inBuffer in{packed.data(), size, 0};
    for (std::size_t done = 0; in.pos < in.size || done < unpacked.size();) {  // in pieces, else it needs no window
        ZSTD_outBuffer out{unpacked.data(), std::min(unpacked.size(), done + 10'000), done};
        if (refused(ZSTD_decompressStream(all.unpack, &out, &in))) return outcome::out_of_memory;
        done = out.pos;
    }
    REQUIRE(unpacked == text());
    return outcome::served;
}

}  // namespace

TEST_CASE("zstd: the traffic is its own, and each refusal its own error") {
    const auto over_malloc = [](autopmr_test::plain_heap& plain) {
        return round({autopmr_test::plain_hooks::malloc, autopmr_test::plain_hooks::free, &plain});
    };
    // Before 1.5.6, ZSTD_createCDict_advanced wrote through the null that it got for the dictionary: the second allocation here.
    const auto deadly = autopmr_test::deadly(over_malloc, 10);
    CHECK(deadly == (ZSTD_versionNumber() < 10506 ? std::vector<std::size_t>{2} : std::vector<std::size_t>{}));
    const auto got = autopmr_test::keeps_books([](autopmr::c_heap& heap) { return round(autopmr::zstd_memory(heap)); }, over_malloc, deadly);
    CHECK(got.traffic >= 5);
    CHECK(got.errors == got.rounds);
}

TEST_CASE("zstd: its workers allocate from a resource that any thread may use") {
    autopmr_test::traffic at;
    {
        autopmr::c_heap  heap(&at);
        ZSTD_CCtx* const pack = ZSTD_createCCtx_advanced(autopmr::zstd_memory(heap));
        REQUIRE(pack != nullptr);
        if (ZSTD_isError(ZSTD_CCtx_setParameter(pack, ZSTD_c_nbWorkers, 3))) WARN("this zstd has no workers");
        std::string much;  // with less it does without them
        while (much.size() < 3'000'000) much += text();
        std::string packed(ZSTD_compressBound(much.size()), '\0');
        CHECK_FALSE(ZSTD_isError(ZSTD_compress2(pack, packed.data(), packed.size(), much.data(), much.size())));
        CHECK(at.now().live > 10);
        ZSTD_freeCCtx(pack);
    }
    CHECK(at.settled());
}
