# Debian: libnghttp2-dev <nghttp2/nghttp2.h>
autopmr_bridge(nghttp2
    FIND "find_package(PkgConfig QUIET)\nif(PkgConfig_FOUND)\n    pkg_check_modules(autopmr_nghttp2 QUIET IMPORTED_TARGET libnghttp2)\nendif()"
    LINKS PkgConfig::autopmr_nghttp2)
