#pragma once
/// Which sanitizer this file is compiled for, where that decides what can be tested.
///
/// The malloc of both, in gcc 12 and clang 14, takes no care of fork: a child forked while another thread is inside malloc waits
/// for ever, with no autopmr in the program at all. ThreadSanitizer sees nothing of how an allocator that was not compiled for
/// it synchronises its threads, and takes a block that changes hands inside of it for a race.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AUTOPMR_TEST_ASAN true
#elif __has_feature(thread_sanitizer)
#define AUTOPMR_TEST_TSAN true
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define AUTOPMR_TEST_ASAN true
#elif defined(__SANITIZE_THREAD__)
#define AUTOPMR_TEST_TSAN true
#endif
#ifndef AUTOPMR_TEST_ASAN
#define AUTOPMR_TEST_ASAN false
#endif
#ifndef AUTOPMR_TEST_TSAN
#define AUTOPMR_TEST_TSAN false
#endif

inline constexpr bool under_asan = AUTOPMR_TEST_ASAN, under_tsan = AUTOPMR_TEST_TSAN;
inline constexpr bool malloc_survives_fork = !under_asan && !under_tsan;
