#include <autopmr/pool_options.hpp>

namespace autopmr {

layer_facts facts_of(const pool_usage& usage) noexcept {
    layer_facts text;
    text.append(usage.chunks).append(" chunks, ").append(usage.idle_chunks).append(" idle, ");
    text.append(usage.large_blocks).append(" large blocks, ").append(usage.reserved_bytes).append(" bytes reserved");
    return text;
}

}  // namespace autopmr
