# Debian: libzstd-dev <zstd.h>
autopmr_bridge(zstd
    FIND "find_package(PkgConfig QUIET)\nif(PkgConfig_FOUND)\n    pkg_check_modules(autopmr_zstd QUIET IMPORTED_TARGET libzstd)\nendif()"
    LINKS PkgConfig::autopmr_zstd)
if(TARGET autopmr_zstd)
    target_compile_definitions(autopmr_zstd INTERFACE ZSTD_STATIC_LINKING_ONLY) # its allocators are of the part that this shows
endif()
