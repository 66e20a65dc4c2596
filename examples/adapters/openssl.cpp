// Hashes a package's file (iso-codes) and makes a key, with all of libcrypto's memory zeroed before it is given back.
#include <autopmr/adapters/openssl.hpp>
#include <autopmr/autopmr.hpp>

#include <openssl/evp.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

int main() {
    // [use]
    auto& counted = autopmr::make_immortal<autopmr::statistics_resource>(&autopmr::install_default().resource());
    auto& zeroing = autopmr::make_immortal<autopmr::zeroing_resource>(&counted);
    if (const auto answer = autopmr::openssl_heap::install(zeroing, "the example"); !answer)
        return std::printf("%s\n", answer.why().data()), 1;
    // [/use]

    std::ifstream     file("/usr/share/iso-codes/json/iso_639-3.json");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.empty()) return std::puts("skipped: the package iso-codes is not here"), 77;
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned      bytes = 0;
    if (EVP_Digest(text.data(), text.size(), sum, &bytes, EVP_sha256(), nullptr) != 1) return 1;
    for (unsigned i = 0; i < bytes; ++i) std::printf("%02x", sum[i]);

    EVP_PKEY* const key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048});
    const bool      made = key != nullptr;
    EVP_PKEY_free(key);
    OPENSSL_cleanup();
    const autopmr::usage all = counted.observer().now();
    std::printf("\n%zu allocations, at most %zu bytes at once, %zu left\n", all.count, all.peak, all.live);
    return made && all.count > 1000 && all.live == 0 ? 0 : 1;
}
