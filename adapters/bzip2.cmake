# Debian: libbz2-dev <bzlib.h>
autopmr_bridge(bzip2
    FIND "find_package(BZip2 QUIET)"
    LINKS BZip2::BZip2)
