#include <autopmr/adapters/openssl.hpp>

#include <openssl/crypto.h>

#include <cstddef>

namespace autopmr {
namespace {

// Of 0 bytes OpenSSL's own functions give null, and realloc then frees: callers count on it.
void* allocate(std::size_t bytes, const char*, int) { return bytes != 0 ? openssl_heap::malloc(bytes) : nullptr; }

void release(void* block, const char*, int) { openssl_heap::free(block); }

void* reallocate(void* block, std::size_t bytes, const char*, int) {
    if (bytes != 0) return openssl_heap::realloc(block, bytes);
    openssl_heap::free(block);
    return nullptr;
}

}  // namespace

install_answer::kind openssl_hooks::hook() noexcept {
    CRYPTO_malloc_fn now = nullptr;
    CRYPTO_get_mem_functions(&now, nullptr, nullptr);
    if (now != CRYPTO_malloc) return install_answer::already_installed;  // OpenSSL would take these, and free theirs with them
    return CRYPTO_set_mem_functions(allocate, reallocate, release) == 1 ? install_answer::installed : install_answer::too_late;
}

}  // namespace autopmr
