#pragma once
/// \file
/// An allocator of FlatBuffers over a memory_resource: `flatbuffers::FlatBufferBuilder builder(1024, &allocator);`.
///
/// The allocator must live as long as its builders and the buffers that they released. A builder is of one thread at a time, and
/// so may be the resource; in a forked child as the resource. FlatBuffers knows no failure: a refusal throws out_of_memory out of
/// the builder, which then is good for nothing but its destruction. Sizes are bytes; alignment 16.

#include <autopmr/adapters/c_heap_hooks.hpp>

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace autopmr {

class flatbuffers_allocator final : public flatbuffers::Allocator {
public:
    explicit flatbuffers_allocator(resource_ptr upstream = {}) noexcept : heap_(std::move(upstream)) {}

    std::uint8_t* allocate(std::size_t bytes) override {
        return static_cast<std::uint8_t*>(c_heap_hooks::or_throw(heap_.malloc(bytes), bytes, "flatbuffers"));
    }
    /// Believes no size: a builder that was refused growth hands back the size that it wished for.
    void deallocate(std::uint8_t* block, std::size_t) override { heap_.free(block); }

private:
    c_heap heap_;
};

}  // namespace autopmr
