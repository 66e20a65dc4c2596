# Debian: zlib1g-dev <zlib.h>
autopmr_bridge(zlib
    FIND "find_package(ZLIB QUIET)"
    LINKS ZLIB::ZLIB
    PKG_CONFIG zlib)
