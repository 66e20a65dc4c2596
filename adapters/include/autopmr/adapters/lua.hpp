#pragma once
/// \file
/// Lua 5.4 over a resource, each state over its own.
///
/// `lua_heap heap(&limited); lua_State* state = heap.new_state();` then, at the end, `lua_close(state)`, before the heap goes. Over a
/// limit_resource a script that allocates without end gets Lua's "not enough memory", and the host goes on. One allocation of
/// Lua is one of the resource, rounded up to 16 bytes; there is no header, Lua knows its sizes.
///
/// A state is for one thread at a time, and so may the resource be. Safe in a forked child as far as the resource is. Nothing
/// throws through Lua: what can't be had is null, then Lua collects all it can and asks once more.

#include <autopmr/adapters/sized_c_heap.hpp>

#include <lua.hpp>

#include <cstddef>
#include <utility>

namespace autopmr {

class lua_heap {
public:
    explicit lua_heap(resource_ptr upstream = {}) noexcept : heap_(std::move(upstream)) {}

    /// Null where not even the state can be had. Close it with lua_close.
    [[nodiscard]] lua_State* new_state() noexcept { return lua_newstate(allocate, this); }

    /// A lua_Alloc, with a lua_heap as its `ud`.
    static void* allocate(void* heap, void* block, std::size_t old_bytes, std::size_t bytes) noexcept {
        sized_c_heap& to = static_cast<lua_heap*>(heap)->heap_;
        if (bytes != 0) return to.realloc(block, old_bytes, bytes);  // of no block old_bytes is a kind of object; realloc does not look
        to.free(block, old_bytes);
        return nullptr;
    }

private:
    sized_c_heap heap_;
};

}  // namespace autopmr
