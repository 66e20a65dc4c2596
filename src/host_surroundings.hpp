#pragma once
/// \file
/// What this process runs in: a container, a sanitizer, Valgrind, Wine.

#include "src/host_files.hpp"

namespace autopmr {

/// The first sure mark: what Kubernetes, podman, systemd and Docker leave, then the names of control groups.
fact<fixed_text<32>> container_of(const host_files& files) noexcept;
fact<sanitizer>      watching_of(const host_files& files) noexcept;
fact<bool>           valgrind_of(const host_files& files) noexcept;
fact<bool>           wine_of(const host_files& files) noexcept;

}  // namespace autopmr
