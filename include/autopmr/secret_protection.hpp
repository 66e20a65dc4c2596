#pragma once
/// \file
/// What memory for secrets is protected from, and the error of one that isn't.
///
/// Sets of protections are made with `|`: `options.require = secret_protection::locked | secret_protection::not_dumped`. See
/// secret_resource. Any thread; only throw_protection_unavailable() throws.

#include <autopmr/errors.hpp>

#include <cstddef>

namespace autopmr {

enum class secret_protection : unsigned char {
    none = 0,
    locked = 1,              ///< never written to swap
    not_dumped = 2,          ///< not in core files
    not_forked = 4,          ///< a forked child finds zeros, or nothing
    hidden_from_kernel = 8,  ///< out of the kernel's own map: not in /proc/self/mem, nor for other processes or most of the kernel
    all = 15
};
constexpr secret_protection operator|(secret_protection a, secret_protection b) noexcept {
    return static_cast<secret_protection>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr secret_protection operator&(secret_protection a, secret_protection b) noexcept {
    return static_cast<secret_protection>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
/// Whether all of `wanted` is in `set`.
constexpr bool has(secret_protection set, secret_protection wanted) noexcept { return (set & wanted) == wanted; }

/// A protection that must hold, and that the system refused: why, as its error number (errno), and how much this process may
/// lock. Most often the limit is small: RLIMIT_MEMLOCK, `ulimit -l`.
class protection_unavailable final : public allocation_error {
public:
    protection_unavailable(std::size_t bytes, std::size_t alignment, const char* resource, secret_protection which, int why,
                           std::size_t lock_limit) noexcept
        : allocation_error(bytes, alignment, resource), which_(which), why_(why), lock_limit_(lock_limit) {}
    [[nodiscard]] secret_protection protection() const noexcept { return which_; }
    [[nodiscard]] int               error_number() const noexcept { return why_; }
    /// Bytes; SIZE_MAX where there is no limit.
    [[nodiscard]] std::size_t lock_limit() const noexcept { return lock_limit_; }
    [[nodiscard]] const char* what() const noexcept override;

private:
    secret_protection which_;
    int               why_;
    std::size_t       lock_limit_;
};

[[noreturn]] void throw_protection_unavailable(const protection_unavailable& error);

}  // namespace autopmr
