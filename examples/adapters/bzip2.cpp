// Small files packed by bzip2, each with a stream of its own: the pool below keeps the memory between them.
#include <autopmr/adapters/bzip2.hpp>

#include "small_files.hpp"

static std::size_t pack(autopmr::c_heap& heap, const std::string& text, std::string& packed) {
    // [stream]
    bz_stream stream = autopmr::bzip2_stream(heap);
    if (BZ2_bzCompressInit(&stream, 9, 0, 0) != BZ_OK) return 0;  // BZ_MEM_ERROR where the resource refuses
    // [/stream]
    stream.next_in = const_cast<char*>(text.data());
    stream.avail_in = static_cast<unsigned>(text.size());
    stream.next_out = packed.data();
    stream.avail_out = static_cast<unsigned>(packed.size());
    const int answer = BZ2_bzCompress(&stream, BZ_FINISH);
    BZ2_bzCompressEnd(&stream);
    return answer == BZ_STREAM_END ? stream.total_out_lo32 : 0;
}

int main() { return pack_small_files(pack); }
