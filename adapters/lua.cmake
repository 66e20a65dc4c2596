# Debian: liblua5.4-dev <lua5.4/lua.hpp>
autopmr_bridge(lua
    FIND "find_package(PkgConfig QUIET)\npkg_check_modules(autopmr_lua QUIET IMPORTED_TARGET lua5.4)"
    LINKS PkgConfig::autopmr_lua)
