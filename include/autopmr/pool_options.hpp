#pragma once
/// \file
/// How a pool cuts its memory, and what it says of itself.
///
/// Data, and words for it, for pool_resource and concurrent_pool_resource.

#include <autopmr/layer.hpp>

#include <cstddef>

namespace autopmr {

struct pool_options {
    /// What the pool asks its upstream for at a time, aligned to as much: a power of two, 1 KiB to 4 MiB; what lies between
    /// or below is raised to the next, and what lies above lowered. Each size class in use holds one chunk at least, so over
    /// a small upstream choose small chunks. Blocks of more than an eighth of it are not pooled.
    std::size_t chunk_bytes = std::size_t{64} << 10;
};

/// A snapshot, in bytes.
struct pool_usage {
    std::size_t chunks = 0;          ///< held
    std::size_t idle_chunks = 0;     ///< of those: with no block handed out; trim() gives them back
    std::size_t live_blocks = 0;     ///< pooled; a concurrent pool can't know: 0
    std::size_t live_bytes = 0;      ///< of those, as rounded up to their size classes
    std::size_t large_blocks = 0;    ///< handed on to the upstream
    std::size_t large_bytes = 0;     ///< of those
    std::size_t reserved_bytes = 0;  ///< all that the pool holds of its upstream, large blocks and its own books included
    std::size_t thread_caches = 0;   ///< of a concurrent pool: threads that use it or did; later threads take those of earlier ones
};

/// The words for a pool in a description: "3 chunks, 1 idle, 2 large blocks, 199680 bytes reserved".
[[nodiscard]] layer_facts facts_of(const pool_usage& usage) noexcept;

}  // namespace autopmr
