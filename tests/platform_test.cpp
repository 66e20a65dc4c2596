#include <autopmr/platform.hpp>

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "support/catch.hpp"

using namespace autopmr;
using os = operating_system;

namespace {

constexpr os every_system[] = {os::none,    os::linux_kernel, os::android, os::macos,     os::ios,     os::tvos,
                               os::watchos, os::windows,      os::freebsd, os::netbsd,    os::openbsd, os::dragonfly,
                               os::solaris, os::illumos,      os::webassembly, os::other};

constexpr std::string_view choice_on(os system) {
    platform p;
    p.os = system;
    return platform_choice(p);
}

// Where the platform alone decides, it does so at compile time.
static_assert(choice_on(os::none) == "fixed_heap");
static_assert(choice_on(os::linux_kernel).empty());
static_assert(choice_on(os::macos).empty());
static_assert(choice_on(os::windows).empty());
static_assert(choice_on(os::android) == "system");
static_assert(choice_on(os::ios) == "system");
static_assert(choice_on(os::tvos) == "system");
static_assert(choice_on(os::watchos) == "system");
static_assert(choice_on(os::freebsd) == "system");
static_assert(choice_on(os::netbsd) == "system");
static_assert(choice_on(os::openbsd) == "system");
static_assert(choice_on(os::dragonfly) == "system");
static_assert(choice_on(os::solaris) == "system");
static_assert(choice_on(os::illumos) == "system");
static_assert(choice_on(os::webassembly) == "system");
static_assert(choice_on(os::other) == "system");
static_assert(to_string(os::linux_kernel) == "linux");
static_assert(to_string(os::other) == "other");

}  // namespace

TEST_CASE("every operating system has a name of its own") {
    for (const os one : every_system) {
        CHECK_FALSE(to_string(one).empty());
        for (const os other : every_system) CHECK((to_string(one) == to_string(other)) == (one == other));
    }
}

TEST_CASE("the list of this test is whole") {
    for (std::size_t i = 0; i != std::size(every_system); ++i) CHECK(static_cast<std::size_t>(every_system[i]) == i);
    CHECK(every_system[std::size(every_system) - 1] == os::other);
}

TEST_CASE("this platform is what the machine says when asked at run time") {
    CHECK(this_platform.pointer_bits == sizeof(void*) * 8);
    const std::uint16_t one = 1;
    unsigned char       first = 0;
    std::memcpy(&first, &one, 1);
    CHECK(this_platform.big_endian == (first == 0));
#if defined(__linux__) && !defined(__ANDROID__)
    CHECK(this_platform.os == os::linux_kernel);
#endif
}

TEST_CASE("code with and without exceptions can be told apart") {
    // The tests use exceptions.
    CHECK(std::is_same_v<exceptions_of_this_file, with_exceptions>);
}
