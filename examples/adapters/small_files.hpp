#pragma once
// What the examples of codecs share: many small documents, each with a stream of its own, on memory that is kept between them.
#include <autopmr/adapters/c_heap.hpp>
#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

/// `pack(heap, text, packed)` -> size in `packed`, which has room; 0 where it failed. Exit status of the example.
template <class Pack>
int pack_small_files(Pack&& pack) {
    autopmr::statistics_resource from_system;
    std::size_t                  files = 0, bytes = 0, packed_bytes = 0;
    {
        autopmr::pool_resource       worker(autopmr::pool_options{4 << 20}, &from_system);  // one a thread; half a MiB is pooled
        autopmr::statistics_resource by_codec(&worker);
        autopmr::c_heap              heap(&by_codec);
        for (const char* folder : {"/usr/share/common-licenses", "/usr/share/iso-codes/json"}) {
            std::error_code none;
            for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
                std::ifstream     file(entry.path());
                const std::string text(std::istreambuf_iterator<char>(file), {});
                std::string       packed(text.size() * 2 + 1000, '\0');
                if (text.empty()) continue;
                const std::size_t size = pack(heap, text, packed);
                if (size == 0) return std::puts("packing failed"), 1;
                ++files, bytes += text.size(), packed_bytes += size;
            }
        }
        if (files == 0) return std::puts("skipped: no texts here"), 77;
        std::printf("%zu files, %zu bytes packed into %zu: the codec allocated %zu times, the system was asked %zu times\n", files, bytes,
                    packed_bytes, by_codec.observer().now().count, from_system.observer().now().count);
        if (by_codec.observer().now().live != 0) return 1;
    }
    return from_system.observer().now().live == 0 && packed_bytes < bytes ? 0 : 1;
}
