# Debian: rapidjson-dev <rapidjson/document.h>
autopmr_bridge(rapidjson
    FIND "find_package(PkgConfig QUIET)\npkg_check_modules(autopmr_rapidjson QUIET IMPORTED_TARGET RapidJSON)"
    LINKS PkgConfig::autopmr_rapidjson)
