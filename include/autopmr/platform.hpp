#pragma once
/// \file
/// What the compiler knows of the machine it compiles for.
///
/// The only public header with platform conditionals: each ends as a constexpr value here, and everything else asks
/// the values. Nothing is executed, nothing allocates.

#include <string_view>

namespace autopmr {

/// The operating systems the selector tells apart. `none`: firmware, no operating system at all.
// clang-format off
enum class operating_system : unsigned char { none, linux_kernel, android, macos, ios, tvos, watchos, windows, freebsd,
    netbsd, openbsd, dragonfly, solaris, illumos, webassembly, other };
// clang-format on

/// Whose C library serves `malloc`, as far as the compiler can know.
enum class c_library : unsigned char { unknown, glibc, musl, bionic, darwin, msvcrt, newlib, bsd, wasi };

/// One target, as data: a test can ask about machines it does not run on.
struct platform {
    operating_system os = operating_system::other;
    c_library        libc = c_library::unknown;
    bool             big_endian = false;
    unsigned         pointer_bits = sizeof(void*) * 8;
};

/// The platform this translation unit is compiled for.
inline constexpr platform this_platform{
#if defined(__ANDROID__)
    operating_system::android, c_library::bionic,
#elif defined(__linux__) && defined(__GLIBC__)
    operating_system::linux_kernel, c_library::glibc,
#elif defined(__linux__)
    operating_system::linux_kernel, c_library::musl,
#elif defined(__APPLE__) && defined(__ENVIRONMENT_TV_OS_VERSION_MIN_REQUIRED__)
    operating_system::tvos, c_library::darwin,
#elif defined(__APPLE__) && defined(__ENVIRONMENT_WATCH_OS_VERSION_MIN_REQUIRED__)
    operating_system::watchos, c_library::darwin,
#elif defined(__APPLE__) && defined(__ENVIRONMENT_IPHONE_OS_VERSION_MIN_REQUIRED__)
    operating_system::ios, c_library::darwin,
#elif defined(__APPLE__)
    operating_system::macos, c_library::darwin,
#elif defined(_WIN32)
    operating_system::windows, c_library::msvcrt,
#elif defined(__FreeBSD__)
    operating_system::freebsd, c_library::bsd,
#elif defined(__NetBSD__)
    operating_system::netbsd, c_library::bsd,
#elif defined(__OpenBSD__)
    operating_system::openbsd, c_library::bsd,
#elif defined(__DragonFly__)
    operating_system::dragonfly, c_library::bsd,
#elif defined(__illumos__)
    operating_system::illumos, c_library::unknown,
#elif defined(__sun)
    operating_system::solaris, c_library::unknown,
#elif defined(__wasm__)
    operating_system::webassembly, c_library::wasi,
#elif defined(__STDC_HOSTED__) && !defined(__unix__) && (defined(__arm__) || defined(__riscv) || defined(__NEWLIB__))
    operating_system::none, c_library::newlib,
#else
    operating_system::other, c_library::unknown,
#endif
#if defined(__BYTE_ORDER__)
    __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#endif
};

/// The backend that the platform alone decides, or empty where the goal and what the probes find have a say.
constexpr std::string_view platform_choice(platform p) noexcept {
    if (p.os == operating_system::none) return "fixed_heap";
    const bool open = p.os == operating_system::linux_kernel || p.os == operating_system::macos || p.os == operating_system::windows;
    return open ? std::string_view() : "system";  // Scudo, libmalloc, the BSDs' jemalloc, libumem: their own are the tuned ones
}

constexpr std::string_view to_string(operating_system os) noexcept {
    constexpr std::string_view names[] = {"none", "linux", "android", "macos", "ios", "tvos", "watchos", "windows", "freebsd",
        "netbsd", "openbsd", "dragonfly", "solaris", "illumos", "webassembly", "other"};
    return names[static_cast<unsigned char>(os)];
}

/// Tells code compiled with exceptions from code compiled without, so that one template name never means both in one program.
struct with_exceptions;
struct without_exceptions;
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS)
using exceptions_of_this_file = with_exceptions;
#else
using exceptions_of_this_file = without_exceptions;
#endif

}  // namespace autopmr
