#include <autopmr/adapters/openssl.hpp>
#include <autopmr/autopmr.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory_resource>

#include "tests/adapters/support/apart.hpp"
#include "tests/adapters/support/library.hpp"
#include "tests/support/catch.hpp"

using autopmr::install_answer;
using autopmr::openssl_heap;
using autopmr_test::outcome;
using autopmr_test::refusing_malloc;

namespace {

bool digested(EVP_MD_CTX* context) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned      bytes = 0;
    return EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1 && EVP_DigestUpdate(context, "abc", 3) == 1 &&
           EVP_DigestFinal_ex(context, out, &bytes) == 1 && bytes == 32;
}

bool signed_by(EVP_PKEY* key, EVP_MD_CTX* context) {
    unsigned char signature[64];
    std::size_t   bytes = sizeof(signature);
    const auto*   text = reinterpret_cast<const unsigned char*>("abc");
    return EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key) == 1 && EVP_DigestSign(context, signature, &bytes, text, 3) == 1;
}

/// The whole of libcrypto's life: it can't begin again in this process.
outcome work() {
    static const unsigned char seed[32] = {1, 2, 3};
    constexpr std::uint64_t    quiet = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
                                  OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS;
    OPENSSL_init_crypto(quiet, nullptr);
    EVP_MD_CTX* const first = EVP_MD_CTX_new();
    EVP_MD_CTX* const second = EVP_MD_CTX_new();
    EVP_PKEY* const   key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed, sizeof(seed));
    const bool        done = first != nullptr && second != nullptr && key != nullptr && digested(first) && signed_by(key, second);
    EVP_PKEY_free(key);
    EVP_MD_CTX_free(second);
    EVP_MD_CTX_free(first);
    OPENSSL_cleanup();
    return done ? outcome::served : outcome::out_of_memory;  // no error is queued where the queue could not be had
}

void hook_malloc() {
    CRYPTO_set_mem_functions([](std::size_t n, const char*, int) { return n != 0 ? refusing_malloc::malloc(n) : nullptr; },
                             [](void* block, std::size_t n, const char*, int) {
                                 if (n != 0) return refusing_malloc::realloc(block, n);
                                 refusing_malloc::free(block);
                                 return static_cast<void*>(nullptr);
                             },
                             [](void* block, const char*, int) { refusing_malloc::free(block); });
}

/// Wants everything that comes back to be zero.
class wiped_only final : public std::pmr::memory_resource {
public:
    std::size_t blocks = 0, dirty = 0;

private:
    void* do_allocate(std::size_t bytes, std::size_t) override { return std::malloc(bytes); }
    void  do_deallocate(void* block, std::size_t bytes, std::size_t) override {
        ++blocks;
        const auto* at = static_cast<const unsigned char*>(block);
        if (std::any_of(at, at + bytes, [](unsigned char c) { return c != 0; })) ++dirty;
        std::free(block);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

/// In that version the default library context can't be made then, and who asks it for an algorithm gets a null lock.
constexpr std::size_t library_context_from = 5, library_context_to = 53;

}  // namespace

TEST_CASE("libcrypto's traffic is what it asks for by itself, all back after OPENSSL_cleanup; of each refusal it says so or does without") {
    const auto all = autopmr_test::each_failure_apart<openssl_heap>(hook_malloc, work);
    std::printf("openssl: %zu allocations, %zu refused in turn, %zu errors; with malloc too %zu crashes, %zu leaks\n", all.traffic,
                all.rounds, all.errors, all.crashes.size(), all.leaks.size());
    CHECK(all.traffic > 300);
    CHECK(all.errors > 50);
    for (const std::size_t n : all.crashes) CHECK((n >= library_context_from && n <= library_context_to));
}

TEST_CASE("over zeroing_resource nothing that libcrypto frees keeps its bytes") {
    const auto end = autopmr_test::in_child([] {
        auto& bottom = autopmr::make_immortal<wiped_only>();
        auto& zeroing = autopmr::make_immortal<autopmr::zeroing_resource>(&bottom);
        if (!openssl_heap::install(zeroing, "zeroing", autopmr::assume_any_thread)) return 2;
        return work() == outcome::served && bottom.blocks > 300 && bottom.dirty == 0 ? 0 : 1;
    });
    CHECK(end.exit_status == 0);
}

TEST_CASE("OpenSSL takes one resource, a thread-safe one, and none once it has allocated or has somebody else's functions") {
    CHECK(autopmr_test::install_in_child<openssl_heap>([] { OPENSSL_free(OPENSSL_malloc(1)); }) == install_answer::too_late);
    CHECK(autopmr_test::install_in_child<openssl_heap>([] {
              CRYPTO_set_mem_functions([](std::size_t n, const char*, int) { return std::malloc(n); },
                                       [](void* p, std::size_t n, const char*, int) { return std::realloc(p, n); },
                                       [](void* p, const char*, int) { std::free(p); });
          }) == install_answer::already_installed);
    autopmr_test::takes_one_once<openssl_heap>();
    void* const block = OPENSSL_malloc(100);
    CHECK(autopmr_test::installed<openssl_heap>().now().live == 1);
    CHECK(OPENSSL_realloc(block, 0) == nullptr);  // frees
    CHECK(OPENSSL_malloc(0) == nullptr);
    CHECK(autopmr_test::installed<openssl_heap>().settled());
}
