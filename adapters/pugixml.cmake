# Debian: libpugixml-dev <pugixml.hpp>
autopmr_bridge(pugixml
    FIND "find_package(pugixml QUIET)"
    LINKS pugixml::pugixml
    PKG_CONFIG pugixml)
