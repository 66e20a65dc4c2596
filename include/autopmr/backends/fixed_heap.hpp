#pragma once
/// \file
/// One fixed region of memory for the whole process: the heap of machines without an operating system.
///
/// Use it there, and to run firmware's code elsewhere as it will run there. For heaps of one's own, one for each purpose, take
/// fixed_heap_resource itself; with an operating system other backends are faster. Give it its region first, by
/// set_fixed_heap; without an operating system a linker script may name one instead, by the symbols autopmr_heap_begin and
/// autopmr_heap_end. Any thread, by one lock. Throws out_of_memory (also without a region: see why_not) and bad_alignment.

#include <autopmr/backend.hpp>

#include <cstddef>
#include <string_view>

namespace autopmr {

extern const backend fixed_heap_backend;
using fixed_heap_backend_resource = backend_resource<fixed_heap_backend>;
extern template class backend_resource<fixed_heap_backend>;

/// Whether the region was taken, or why not.
class fixed_heap_result {
public:
    constexpr explicit fixed_heap_result(std::string_view error) noexcept : error_(error) {}
    [[nodiscard]] constexpr bool             ok() const noexcept { return error_.empty(); }
    [[nodiscard]] constexpr std::string_view error() const noexcept { return error_; }

private:
    std::string_view error_;
};

/// Gives the backend its region, of `bytes` bytes, for the life of the process: once, and before a region named by the linker
/// script is first used. Until then why_not() says what is missing. Takes no region smaller than 256 bytes.
[[nodiscard]] fixed_heap_result set_fixed_heap(void* region, std::size_t bytes) noexcept;

}  // namespace autopmr
