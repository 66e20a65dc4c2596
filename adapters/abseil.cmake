# Debian: libabsl-dev <absl/container/flat_hash_map.h>
autopmr_bridge(abseil
    FIND "find_package(absl QUIET)"
    LINKS absl::flat_hash_map absl::flat_hash_set absl::inlined_vector
    PKG_CONFIG absl_flat_hash_map absl_flat_hash_set absl_inlined_vector)
