#pragma once
/// \file
/// The library's only thread-local: what it keeps of this thread, one pointer.
///
/// In line, since counters read it at every call (docs/decisions: counters in line), and of the initial-exec model: two loads and
/// no call, for 8 bytes of the static TLS that the loader spares for libraries loaded late. Nothing to use outside of autopmr.

#include <cstdint>

namespace autopmr {

struct thread_record;  // src/support/per_thread.hpp

constexpr std::uintptr_t thread_is_over = 1;  ///< the pointer, as an address, once the thread has ended

/// Null before this thread's first use of the library.
#if defined(__GNUC__) && defined(__ELF__)
extern __thread thread_record* record_of_this_thread __attribute__((tls_model("initial-exec")));
inline thread_record*          this_thread_record() noexcept { return record_of_this_thread; }
#else
thread_record* this_thread_record() noexcept;
#endif

}  // namespace autopmr
