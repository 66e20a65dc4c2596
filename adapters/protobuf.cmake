# Debian: libprotobuf-dev <google/protobuf/arena.h>
autopmr_bridge(protobuf
    FIND "find_package(Protobuf QUIET)"
    LINKS protobuf::libprotobuf
    PKG_CONFIG protobuf)
