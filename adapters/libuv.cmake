# Debian: libuv1-dev <uv.h>
autopmr_bridge(libuv PKG_CONFIG libuv>=1.38)
