// The processor's own clock, on every system: how it is read differs by the processor, not by the system.
#include "os.hpp"

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#elif !defined(__aarch64__)
#include <chrono>
#endif

namespace autopmr::os {

#if defined(__x86_64__) || defined(__i386__)
unsigned long long clock_ticks() noexcept { return __rdtsc() >> 4; }
#elif defined(__aarch64__)
unsigned long long clock_ticks() noexcept {
    unsigned long long ticks;
    asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}
#else
unsigned long long clock_ticks() noexcept {
    return static_cast<unsigned long long>(std::chrono::steady_clock::now().time_since_epoch().count());
}
#endif

}  // namespace autopmr::os
