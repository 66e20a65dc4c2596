#include <autopmr/adapters/flatbuffers.hpp>

#include <string>
#include <vector>

#include "tests/adapters/support/each_failure.hpp"

namespace {

using autopmr::flatbuffers_allocator;
using autopmr_test::traffic;

/// The shape of FlatBuffers' own default, counting.
struct plain_allocator final : flatbuffers::Allocator {
    std::size_t   allocations = 0, bytes = 0;
    std::uint8_t* allocate(std::size_t size) override { return ++allocations, bytes += size, new std::uint8_t[size]; }
    void          deallocate(std::uint8_t* block, std::size_t) override { delete[] block; }
};

/// A table with a vector of texts, and read again.
void build(flatbuffers::Allocator& from) {
    flatbuffers::FlatBufferBuilder                        builder(64, &from);
    std::vector<flatbuffers::Offset<flatbuffers::String>> texts;
    for (int i = 0; i < 2000; ++i) texts.push_back(builder.CreateString("a text, number " + std::to_string(i)));
    const auto list = builder.CreateVector(texts);
    const auto start = builder.StartTable();
    builder.AddOffset(4, list);
    builder.Finish(flatbuffers::Offset<flatbuffers::Table>(builder.EndTable(start)));
    const flatbuffers::DetachedBuffer released = builder.Release();

    const auto* const root = flatbuffers::GetRoot<flatbuffers::Table>(released.data());
    using list_type = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;
    REQUIRE(root->GetPointer<const list_type*>(4)->Get(1999)->str() == "a text, number 1999");
}

}  // namespace

TEST_CASE("FlatBuffers: the traffic is its own, and each refusal a bad_alloc with exact books") {
    plain_allocator plain;
    build(plain);
    traffic at;
    const auto got = autopmr_test::each_failure_throws(at, [](traffic& upstream) {
        flatbuffers_allocator over(&upstream);
        build(over);
    });
    CHECK(got.traffic == plain.allocations);
    CHECK(got.traffic > 10);

    const auto            before = at.now();
    flatbuffers_allocator over(&at);
    build(over);
    CHECK(at.now().bytes - before.bytes == plain.bytes + 16 * plain.allocations);
    CHECK(at.settled());
}
