#pragma once
/// \file
/// A short call stack: who called, held in place; and the names of its frames.
///
/// Taking one allocates nothing and costs a few microseconds. Naming is for reports: it reads debug information the first
/// time, and may use `malloc`.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace autopmr {

struct call_stack {
    static constexpr std::size_t most = 12;
    const void*                  frames[most] = {};
    std::size_t                  depth = 0;

    /// From the frame that returns to `from` on; pass __builtin_return_address(0).
    [[nodiscard]] static call_stack from(const void* from) noexcept;
    /// That frame alone: costs nothing.
    [[nodiscard]] static call_stack only(const void* from) noexcept;
    /// Never 0.
    [[nodiscard]] std::uint64_t hash() const noexcept;
};

using frame_line = void (*)(void* context, std::string_view line);

/// Calls `line` for each function on a stack, innermost first, those that were inlined included: "function (file.cpp:12)",
/// "function + 0x12 (object file)", or what is known of it. Functions that merely pass an allocation on are left out on top.
/// Throws what `line` throws.
void name_frames(const void* const* frames, std::size_t depth, frame_line line, void* context);

/// Why name_frames knows exported functions only, and no lines; empty where it knows all that the object files tell.
[[nodiscard]] std::string_view why_no_lines() noexcept;
/// The same as a line at the end of a report; none where there is nothing to explain.
void note_on_names(frame_line line, void* context);

}  // namespace autopmr
