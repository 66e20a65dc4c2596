# Debian: libxml2-dev <libxml2/libxml/parser.h>
autopmr_bridge(libxml2
    FIND "find_package(LibXml2 QUIET)"
    LINKS LibXml2::LibXml2
    PKG_CONFIG libxml-2.0)
