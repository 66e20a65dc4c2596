# Debian: libexpat1-dev <expat.h>
autopmr_bridge(expat
    FIND "find_package(EXPAT QUIET)"
    LINKS EXPAT::EXPAT
    PKG_CONFIG expat)
