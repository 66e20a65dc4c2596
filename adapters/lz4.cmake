# Debian: liblz4-dev <lz4frame.h>
autopmr_bridge(lz4
    FIND "find_package(PkgConfig QUIET)\nif(PkgConfig_FOUND)\n    pkg_check_modules(autopmr_lz4 QUIET IMPORTED_TARGET liblz4>=1.9.4)\nendif()"
    LINKS PkgConfig::autopmr_lz4)
if(TARGET autopmr_lz4)
    target_compile_definitions(autopmr_lz4 INTERFACE LZ4F_STATIC_LINKING_ONLY) # its allocators are of the part that this shows
endif()
