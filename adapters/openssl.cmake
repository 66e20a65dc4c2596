# Debian: libssl-dev <openssl/crypto.h>
autopmr_bridge(openssl
    FIND "find_package(OpenSSL 1.1 QUIET COMPONENTS Crypto)"
    LINKS OpenSSL::Crypto
    PKG_CONFIG libcrypto>=1.1)
