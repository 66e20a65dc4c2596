#pragma once
// Which backend a subsystem allocates from when nobody said.

#include "src/subsystem_node.hpp"

namespace autopmr {

// The process's default: what install_default() chose, else what select() would. Where that can't be had, the C library's.
const backend& default_backend() noexcept;
const backend* backend_named(std::string_view name) noexcept;

}  // namespace autopmr
