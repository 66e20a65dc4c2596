#pragma once
/// \file
/// Arenas of protobuf over a memory_resource: what a google::protobuf::Arena takes in blocks comes from it.
///
/// protobuf's hooks have no context: each Tag is a kind of arenas with one resource, installed once. Any thread makes such arenas,
/// so the resource must be safe from any and never be let go. In a forked child as the resource. A refusal throws out_of_memory
/// (as operator new would, protobuf's default) out of whatever the arena was used for. Before the installation an arena of the
/// kind gets no block at all: out_of_memory, too. Sizes are bytes; alignment 16.

#include <autopmr/adapters/c_heap_hooks.hpp>
#include <autopmr/adapters/static_heap.hpp>

#include <google/protobuf/arena.h>

#include <cstddef>

namespace autopmr {

struct protobuf_library {};

template <class Tag = protobuf_library, class Resource, class... Assume>
install_answer install_in_protobuf(Resource& immortal, const char* who, Assume... assume) noexcept {
    return static_heap<Tag>::install(immortal, who, assume...);
}

/// `google::protobuf::Arena arena(protobuf_arena_options());`; the sizes of its blocks are the caller's to change.
template <class Tag = protobuf_library>
[[nodiscard]] google::protobuf::ArenaOptions protobuf_arena_options() noexcept {
    google::protobuf::ArenaOptions options;
    options.block_alloc = [](std::size_t bytes) { return c_heap_hooks::or_throw(static_heap<Tag>::malloc(bytes), bytes, "protobuf"); };
    options.block_dealloc = [](void* block, std::size_t) { static_heap<Tag>::free(block); };
    return options;
}

}  // namespace autopmr
