#pragma once
// One decorator template, instantiated by code with exceptions and by code without, in one program.
#include <autopmr/autopmr.hpp>

#include <cstddef>
#include <memory_resource>
#include <string_view>

struct counting {
    static constexpr std::string_view name = "counting";
    int pending = 0, cancelled = 0, live = 0;
    void reserve(const autopmr::block_request&) noexcept { ++pending; }
    void commit(void*, const autopmr::block_request&) noexcept { --pending, ++live; }
    void cancel(const autopmr::block_request&) noexcept { --pending, ++cancelled; }
    void retire(void*, const autopmr::block_request&) noexcept { --live; }
    void settle(const autopmr::block_request&) noexcept {}
};

/// Each allocates and frees through `observed<counting>` of its own kind of code; false when the counts are off.
bool works_with_exceptions();
bool works_without_exceptions();
/// Refusals undo what was reserved, also where the frames are the other kind's.
bool undoes_with_exceptions();
