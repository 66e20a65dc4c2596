# Debian: libsqlite3-dev <sqlite3.h>
autopmr_bridge(sqlite
    FIND "find_package(SQLite3 QUIET)"
    LINKS SQLite::SQLite3
    PKG_CONFIG sqlite3
    NEAR)
