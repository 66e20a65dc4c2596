# Debian: rapidjson-dev <rapidjson/document.h>
autopmr_bridge(rapidjson PKG_CONFIG RapidJSON)
