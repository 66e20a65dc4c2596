// A key on the stack of a function that returns, and where it lay looked at afterwards. The same without wipe() shows that the
// look finds it, and that a memset in its place was left out.
#include "src/support/wipe.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool looks_elsewhere = true;  // stacks are not where they seem, and each look calls the sanitizer, whose frame lies there
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool looks_elsewhere = true;
#else
constexpr bool looks_elsewhere = false;
#endif
#else
constexpr bool looks_elsewhere = false;
#endif

volatile std::uintptr_t where = 0;

enum class end { nothing, plain_memset, wiped };

template <end How>
[[gnu::noinline]] void use_a_key() {
    unsigned char key[256];
    std::memset(key, 0x5e, sizeof key);
    where = reinterpret_cast<std::uintptr_t>(key);
    __asm__ __volatile__("" : : "r"(key) : "memory");  // used
    if (How == end::plain_memset) std::memset(key, 0, sizeof key);
    if (How == end::wiped) autopmr::wipe(key, sizeof key);
}

/// Looks without a call, whose own frame would lie there.
template <end How>
[[gnu::noinline]] unsigned left_of() {
    use_a_key<How>();
    unsigned left = 0;
    const auto* at = reinterpret_cast<const volatile unsigned char*>(where);
    for (std::size_t i = 0; i != 256; ++i) left += at[i] == 0x5e ? 1u : 0u;
    return left;
}

}  // namespace

int main() {
    if (looks_elsewhere) return 77;
    const unsigned untouched = left_of<end::nothing>(), plain = left_of<end::plain_memset>(), wiped = left_of<end::wiped>();
    std::printf("bytes of the key that are left: %u; after a memset %u; after wipe() %u\n", untouched, plain, wiped);
    return untouched > 200 && wiped == 0 ? 0 : 1;
}
