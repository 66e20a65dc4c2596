#pragma once
/// \file
/// OpenSSL over a resource, all of a process (CRYPTO_set_mem_functions).
///
/// `openssl_heap::install(resource, "my_program")` before anything of libcrypto has allocated, at the very beginning of main, else
/// too_late. Over zeroing_resource nothing that OpenSSL frees is left in memory, whichever free it used. OpenSSL takes a second set of
/// functions at any time and then frees blocks of the first with it: such an attempt through autopmr is refused.
///
/// Threads, fork, lifetime and what is thrown: as of every static_heap. Sizes are bytes; a block costs 16 more.

#include <autopmr/adapters/static_heap.hpp>

namespace autopmr {

struct openssl_hooks {
    static install_answer::kind hook() noexcept;
};
using openssl_heap = static_heap<openssl_hooks>;

}  // namespace autopmr
