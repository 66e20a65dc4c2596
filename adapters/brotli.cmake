# Debian: libbrotli-dev <brotli/encode.h>
autopmr_bridge(brotli PKG_CONFIG libbrotlienc libbrotlidec)
