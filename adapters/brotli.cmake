# Debian: libbrotli-dev <brotli/encode.h>
autopmr_bridge(brotli
    FIND "find_package(PkgConfig QUIET)\nif(PkgConfig_FOUND)\n    pkg_check_modules(autopmr_brotli QUIET IMPORTED_TARGET libbrotlienc libbrotlidec)\nendif()"
    LINKS PkgConfig::autopmr_brotli)
