#include <autopmr/adapters/lz4.hpp>

#include "tests/adapters/support/codec.hpp"

namespace {

using autopmr_test::outcome;
using autopmr_test::text;

struct contexts {
    LZ4F_cctx*  pack;
    LZ4F_CDict* dictionary;
    LZ4F_dctx*  unpack;
    ~contexts() {
        LZ4F_freeCompressionContext(pack);
        LZ4F_freeCDict(dictionary);
        LZ4F_freeDecompressionContext(unpack);
    }
};

bool refused(std::size_t answer) {
    if (!LZ4F_isError(answer)) return false;
    REQUIRE(LZ4F_getErrorCode(answer) == LZ4F_ERROR_allocation_failed);
    return true;
}

outcome round(LZ4F_CustomMem memory, int level) {
    LZ4F_preferences_t preferences{};
    preferences.compressionLevel = level;
    std::string packed(LZ4F_compressFrameBound(text().size(), &preferences) + 100, '\0'), unpacked(text().size(), '\0');
    contexts    all{LZ4F_createCompressionContext_advanced(memory, LZ4F_VERSION), LZ4F_createCDict_advanced(memory, text().data(), 1000),
                 LZ4F_createDecompressionContext_advanced(memory, LZ4F_VERSION)};
    if (all.pack == nullptr || all.dictionary == nullptr || all.unpack == nullptr) return outcome::out_of_memory;

    std::size_t size = 0;
    for (int step = 0; step < 3; ++step) {
        char* const       to = packed.data() + size;
        const std::size_t room = packed.size() - size;
        const std::size_t more = step == 0   ? LZ4F_compressBegin(all.pack, to, room, &preferences)
                                 : step == 1 ? LZ4F_compressUpdate(all.pack, to, room, text().data(), text().size(), nullptr)
                                             : LZ4F_compressEnd(all.pack, to, room, nullptr);
        if (refused(more)) return outcome::out_of_memory;
        size += more;
    }
    std::size_t read = 0, done = 0;
    while (read < size) {
        std::size_t in = size - read, out = std::min<std::size_t>(10'000, unpacked.size() - done);
        if (refused(LZ4F_decompress(all.unpack, unpacked.data() + done, &out, packed.data() + read, &in, nullptr))) return outcome::out_of_memory;
        read += in, done += out;
    }
    REQUIRE(unpacked == text());
    return outcome::served;
}

}  // namespace

TEST_CASE("lz4: the traffic is its own, and each refusal its own error") {
    for (const int level : {1, 9}) {
        const auto got = autopmr_test::keeps_books(
            [=](autopmr::c_heap& heap) { return round(autopmr::lz4_memory(heap), level); },
            [=](autopmr_test::plain_heap& plain) {
                return round({autopmr_test::plain_hooks::malloc, nullptr, autopmr_test::plain_hooks::free, &plain}, level);
            });
        CHECK(got.traffic >= 6);
        CHECK(got.errors == got.rounds);
    }
}
