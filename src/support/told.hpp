#pragma once
/// \file
/// A backend's blocks, told to Valgrind and heaptrack, which see into no allocator but the process's malloc.
///
/// Where one of them watches, an allocator's functions are replaced by these as they are found; where nobody does they stay what
/// they are, so that no call asks. Valgrind then knows who allocated a block, that it leaked, was freed twice or used uninitialised
/// or after it was freed; what is written past its end it sees only where no other block lies.

#include <autopmr/backend.hpp>

#include "src/support/announce.hpp"
#include "src/support/module.hpp"

#include <atomic>
#include <cstddef>
#include <tuple>

namespace autopmr::told {

/// Valgrind stands in for the backend's functions, and needs no word from us.
template <const backend& Which>
constinit inline std::atomic<bool> seen{false};

/// Finds that out; before the functions are found for use.
template <const backend& Which>
bool look(void* module, const char* allocate, const char* release) noexcept {
    imported<void*(std::size_t)> give;
    imported<void(void*)>        take;
    if (!announce::blocks_watched() || !give.find(module, allocate) || !take.find(module, release)) return false;
    void* const block = give(24);
    const bool  found = block != nullptr && announce::seen_already(block);
    if (block != nullptr) take(block);
    seen<Which>.store(found, std::memory_order_relaxed);
    return found;
}

template <const backend& Which>
bool wanted() noexcept {
    return announce::blocks_watched() && !seen<Which>.load(std::memory_order_relaxed);
}

template <const backend& Which, class... Arguments>
constinit inline std::atomic<void* (*)(Arguments...)> giver{nullptr};
template <const backend& Which, class... Arguments>
constinit inline std::atomic<void (*)(void*, Arguments...)> taker{nullptr};

/// For a function that hands out a block; its argument number `Size`, from 0, is the size in bytes.
template <const backend& Which, std::size_t Size>
constexpr auto gives = []<class... Arguments>(void* (*found)(Arguments...)) noexcept -> void* (*)(Arguments...) {
    if (!wanted<Which>()) return found;
    giver<Which, Arguments...>.store(found, std::memory_order_relaxed);
    return [](Arguments... arguments) -> void* {
        void* const block = giver<Which, Arguments...>.load(std::memory_order_relaxed)(arguments...);
        if (block != nullptr) announce::block_given(announce::no_pool, block, std::get<Size>(std::tuple(arguments...)));
        return block;
    };
};

/// For a function that takes one back. It will write into the block, whose size `size_of` says, from the same arguments.
template <const backend& Which, auto& size_of>
constexpr auto takes = []<class... Arguments>(void (*found)(void*, Arguments...)) noexcept -> void (*)(void*, Arguments...) {
    if (!wanted<Which>()) return found;
    taker<Which, Arguments...>.store(found, std::memory_order_relaxed);
    return [](void* block, Arguments... arguments) {
        if (block != nullptr) announce::block_returned(announce::no_pool, block, size_of(block, arguments...));
        taker<Which, Arguments...>.load(std::memory_order_relaxed)(block, arguments...);
    };
};

}  // namespace autopmr::told
