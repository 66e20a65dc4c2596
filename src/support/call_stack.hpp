#pragma once
/// \file
/// A short call stack: who called, held in place.
///
/// Taking one allocates nothing and costs a few microseconds; naming its frames is for reports.

#include <cstddef>
#include <cstdint>
#include <string>

namespace autopmr {

struct call_stack {
    static constexpr std::size_t most = 12;
    const void*                  frames[most] = {};
    std::size_t                  depth = 0;

    /// From the frame that returns to `from` on; pass __builtin_return_address(0).
    [[nodiscard]] static call_stack from(const void* from) noexcept;
    /// Never 0.
    [[nodiscard]] std::uint64_t hash() const noexcept;
};

/// "function + 0x12 (file)", or what is known of it.
void append_code_name(std::string& out, const void* address);

}  // namespace autopmr
