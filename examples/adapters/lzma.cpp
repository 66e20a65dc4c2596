// Small files packed by liblzma, each with a stream of its own: the pool below keeps the memory between them.
#include <autopmr/adapters/lzma.hpp>

#include <cstdint>
#include "small_files.hpp"

static std::size_t pack(autopmr::c_heap& heap, const std::string& text, std::string& packed) {
    // [stream]
    const lzma_allocator memory = autopmr::lzma_memory(heap);
    lzma_stream          stream = LZMA_STREAM_INIT;
    stream.allocator = &memory;
    if (lzma_easy_encoder(&stream, 6, LZMA_CHECK_CRC64) != LZMA_OK) return 0;  // LZMA_MEM_ERROR where the resource refuses
    // [/stream]
    stream.next_in = reinterpret_cast<const std::uint8_t*>(text.data());
    stream.avail_in = text.size();
    stream.next_out = reinterpret_cast<std::uint8_t*>(packed.data());
    stream.avail_out = packed.size();
    const lzma_ret answer = lzma_code(&stream, LZMA_FINISH);
    lzma_end(&stream);
    return answer == LZMA_STREAM_END ? stream.total_out : 0;
}

int main() { return pack_small_files(pack); }
