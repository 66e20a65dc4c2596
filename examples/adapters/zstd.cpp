// Small files packed by zstd, each with a stream of its own: the pool below keeps the memory between them.
#include <autopmr/adapters/zstd.hpp>

#include "small_files.hpp"

static std::size_t pack(autopmr::c_heap& heap, const std::string& text, std::string& packed) {
    // [stream]
    ZSTD_CCtx* const context = ZSTD_createCCtx_advanced(autopmr::zstd_memory(heap));
    if (context == nullptr) return 0;
    const std::size_t size = ZSTD_compressCCtx(context, packed.data(), packed.size(), text.data(), text.size(), 3);
    ZSTD_freeCCtx(context);
    // [/stream]
    return ZSTD_isError(size) ? 0 : size;
}

int main() { return pack_small_files(pack); }
