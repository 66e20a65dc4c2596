# Debian: libjansson-dev <jansson.h>
autopmr_bridge(jansson
    FIND "find_package(PkgConfig QUIET)\npkg_check_modules(autopmr_jansson QUIET IMPORTED_TARGET jansson)"
    LINKS PkgConfig::autopmr_jansson)
