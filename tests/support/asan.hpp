#pragma once
/// Whether this file is compiled for AddressSanitizer. In gcc 12 and clang 14 its malloc takes no care of fork: a child that was
/// forked while another thread was inside malloc waits for ever, with no autopmr in the program at all.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool under_asan = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool under_asan = true;
#else
inline constexpr bool under_asan = false;
#endif
#else
inline constexpr bool under_asan = false;
#endif
