# Debian: libjansson-dev <jansson.h>
autopmr_bridge(jansson PKG_CONFIG jansson)
