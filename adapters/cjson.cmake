# Debian: libcjson-dev <cjson/cJSON.h>
autopmr_bridge(cjson PKG_CONFIG libcjson)
