# Debian: libabsl-dev <absl/container/flat_hash_map.h>
autopmr_bridge(abseil
    FIND "find_package(absl QUIET)"
    LINKS absl::flat_hash_map absl::flat_hash_set absl::inlined_vector)
