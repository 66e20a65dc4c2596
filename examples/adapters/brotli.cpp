// Small files packed by brotli, each with a stream of its own: the pool below keeps the memory between them.
#include <autopmr/adapters/brotli.hpp>

#include <cstdint>
#include "small_files.hpp"

static std::size_t pack(autopmr::c_heap& heap, const std::string& text, std::string& packed) {
    // [stream]
    BrotliEncoderState* const encoder = autopmr::brotli_encoder(heap);
    if (encoder == nullptr) return 0;
    // [/stream]
    BrotliEncoderSetParameter(encoder, BROTLI_PARAM_QUALITY, 5);
    std::size_t         in = text.size(), room = packed.size();
    const std::uint8_t* from = reinterpret_cast<const std::uint8_t*>(text.data());
    std::uint8_t*       to = reinterpret_cast<std::uint8_t*>(packed.data());
    const bool          done = BrotliEncoderCompressStream(encoder, BROTLI_OPERATION_FINISH, &in, &from, &room, &to, nullptr);
    BrotliEncoderDestroyInstance(encoder);
    return done ? packed.size() - room : 0;
}

int main() { return pack_small_files(pack); }
