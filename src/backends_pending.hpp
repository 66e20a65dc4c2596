#pragma once
// Until the backends are here: declarations only. Goes with backends_pending.cpp.

#include <autopmr/backend.hpp>

namespace autopmr {
extern const backend system_backend, new_delete_backend, mimalloc_backend, jemalloc_backend, tcmalloc_backend, tbb_backend, scudo_backend,
    boost_pool_backend, fixed_heap_backend;
}
