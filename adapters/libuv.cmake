# Debian: libuv1-dev <uv.h>
autopmr_bridge(libuv
    FIND "find_package(PkgConfig QUIET)\nif(PkgConfig_FOUND)\n    pkg_check_modules(autopmr_libuv QUIET IMPORTED_TARGET libuv>=1.38)\nendif()"
    LINKS PkgConfig::autopmr_libuv)
