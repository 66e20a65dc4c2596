# Debian: libnghttp2-dev <nghttp2/nghttp2.h>
autopmr_bridge(nghttp2 PKG_CONFIG libnghttp2)
