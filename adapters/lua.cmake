# Debian: liblua5.4-dev <lua5.4/lua.hpp>
autopmr_bridge(lua PKG_CONFIG lua5.4)
