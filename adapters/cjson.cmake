# Debian: libcjson-dev <cjson/cJSON.h>
autopmr_bridge(cjson
    FIND "find_package(PkgConfig QUIET)\npkg_check_modules(autopmr_cjson QUIET IMPORTED_TARGET libcjson)"
    LINKS PkgConfig::autopmr_cjson)
