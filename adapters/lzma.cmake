# Debian: liblzma-dev <lzma.h>
autopmr_bridge(lzma
    FIND "find_package(LibLZMA QUIET)"
    LINKS LibLZMA::LibLZMA
    PKG_CONFIG liblzma)
