#pragma once
/// \file
/// What goes wrong, as types: exhaustion and bad arguments are exceptions, misuse at deallocation is a report.
///
/// Every exception derives from std::bad_alloc, carries the request, and has a static what(): nothing is formatted and
/// nothing is allocated for text while memory is out. Catch std::bad_alloc where the reason does not matter, one of these
/// where it does. For misuse found at deallocation, which can't throw, see fault_report.hpp. Any thread.

#include <cstddef>
#include <exception>
#include <new>
#include <string_view>

namespace autopmr {

/// A request that was not met. `resource()` is an immortal C string.
class allocation_error : public std::bad_alloc {
public:
    allocation_error(std::size_t bytes, std::size_t alignment, const char* resource) noexcept
        : bytes_(bytes), alignment_(alignment), resource_(resource) {}
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t alignment() const noexcept { return alignment_; }
    [[nodiscard]] const char* resource() const noexcept { return resource_; }
    [[nodiscard]] const char* what() const noexcept override;

private:
    std::size_t bytes_;
    std::size_t alignment_;
    const char* resource_;
};

/// The allocator or the machine has no more.
class out_of_memory final : public allocation_error {
public:
    using allocation_error::allocation_error;
    [[nodiscard]] const char* what() const noexcept override;
};

/// A budget said no; the memory itself may well be there.
class limit_exceeded final : public allocation_error {
public:
    limit_exceeded(std::size_t bytes, std::size_t alignment, const char* resource, std::size_t limit) noexcept
        : allocation_error(bytes, alignment, resource), limit_(limit) {}
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
    [[nodiscard]] const char* what() const noexcept override;

private:
    std::size_t limit_;
};

/// The alignment is not a power of two.
class bad_alignment final : public allocation_error {
public:
    using allocation_error::allocation_error;
    [[nodiscard]] const char* what() const noexcept override;
};

/// The resource may not be used from this thread.
class wrong_thread final : public allocation_error {
public:
    using allocation_error::allocation_error;
    [[nodiscard]] const char* what() const noexcept override;
};

/// A policy, an environment variable or a name that can't be honoured: what value_or_throw() throws. Keeps its text in place;
/// one longer than 511 bytes is cut.
class configuration_error final : public std::exception {
public:
    explicit configuration_error(std::string_view text) noexcept;
    [[nodiscard]] const char* what() const noexcept override { return text_; }

private:
    char text_[512];
};

/// Throwing out of line: keeps the callers' hot paths small, and lets code without exceptions refuse. Where the library
/// itself is built without exceptions these write one line to standard error and abort.
[[noreturn]] void throw_out_of_memory(std::size_t bytes, std::size_t alignment, const char* resource);
[[noreturn]] void throw_limit_exceeded(std::size_t bytes, std::size_t alignment, const char* resource, std::size_t limit);
[[noreturn]] void throw_bad_alignment(std::size_t bytes, std::size_t alignment, const char* resource);
[[noreturn]] void throw_wrong_thread(std::size_t bytes, std::size_t alignment, const char* resource);
[[noreturn]] void throw_configuration_error(std::string_view text);

}  // namespace autopmr
