// Small files packed by zlib, each with a stream of its own: the pool below keeps the memory between them.
#include <autopmr/adapters/zlib.hpp>

#include "small_files.hpp"

static std::size_t pack(autopmr::c_heap& heap, const std::string& text, std::string& packed) {
    // [stream]
    z_stream stream = autopmr::zlib_stream(heap);
    if (deflateInit(&stream, 6) != Z_OK) return 0;  // Z_MEM_ERROR where the resource refuses
    // [/stream]
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const int answer = deflate(&stream, Z_FINISH);
    deflateEnd(&stream);
    return answer == Z_STREAM_END ? stream.total_out : 0;
}

int main() { return pack_small_files(pack); }
