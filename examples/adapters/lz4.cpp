// Small files packed by lz4, each with a stream of its own: the pool below keeps the memory between them.
#include <autopmr/adapters/lz4.hpp>

#include "small_files.hpp"

static std::size_t pack(autopmr::c_heap& heap, const std::string& text, std::string& packed) {
    // [stream]
    LZ4F_cctx* const context = LZ4F_createCompressionContext_advanced(autopmr::lz4_memory(heap), LZ4F_VERSION);
    if (context == nullptr) return 0;
    // [/stream]
    const std::size_t size = LZ4F_compressFrame_usingCDict(context, packed.data(), packed.size(), text.data(), text.size(), nullptr, nullptr);
    LZ4F_freeCompressionContext(context);
    return LZ4F_isError(size) ? 0 : size;
}

int main() { return pack_small_files(pack); }
