# Debian: nlohmann-json3-dev <nlohmann/json.hpp>
autopmr_bridge(nlohmann
    FIND "find_package(nlohmann_json QUIET)"
    LINKS nlohmann_json::nlohmann_json
    PKG_CONFIG nlohmann_json)
