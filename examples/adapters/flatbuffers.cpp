// The machine's licence texts in one FlatBuffer, built on an arena that goes with it.
#include <autopmr/adapters/flatbuffers.hpp>
#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

int main() {
    std::size_t bytes = 0, texts = 0;
    // [builder]
    autopmr::arena_resource         arena;
    autopmr::flatbuffers_allocator  allocator(&arena);  // must outlive the builder and what it released
    flatbuffers::FlatBufferBuilder  builder(64 << 10, &allocator);
    // [/builder]
    std::vector<flatbuffers::Offset<flatbuffers::String>> list;
    std::error_code                                       none;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/share/common-licenses", none)) {
        std::ifstream     file(entry.path());
        const std::string text(std::istreambuf_iterator<char>(file), {});
        list.push_back(builder.CreateString(text));
        bytes += text.size();
    }
    if (list.empty()) return std::puts("skipped: no texts here"), 77;
    const auto vector = builder.CreateVector(list);
    const auto start = builder.StartTable();
    builder.AddOffset(4, vector);
    builder.Finish(flatbuffers::Offset<flatbuffers::Table>(builder.EndTable(start)));
    const auto* const root = flatbuffers::GetRoot<flatbuffers::Table>(builder.GetBufferPointer());
    texts = root->GetPointer<const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>*>(4)->size();
    std::printf("%zu texts of %zu bytes in a buffer of %u; the arena holds %zu\n", texts, bytes, builder.GetSize(), arena.now().used);
    return texts == list.size() && arena.now().used >= builder.GetSize() ? 0 : 1;
}
