# Debian (heavy): librocksdb-dev <rocksdb/memory_allocator.h>
autopmr_bridge(rocksdb
    FIND "find_package(RocksDB QUIET)"
    LINKS RocksDB::rocksdb-shared
    PKG_CONFIG rocksdb)
