# Debian: robin-map-dev <tsl/robin_map.h>
autopmr_bridge(tsl
    FIND "find_package(tsl-robin-map QUIET)"
    LINKS tsl::robin_map)
