# Debian: libflatbuffers-dev <flatbuffers/flatbuffers.h>
autopmr_bridge(flatbuffers
    FIND "find_package(Flatbuffers QUIET)\nif(NOT TARGET flatbuffers::flatbuffers)\n    find_package(FlatBuffers QUIET)\nendif()"
    LINKS flatbuffers::flatbuffers
    PKG_CONFIG flatbuffers)
