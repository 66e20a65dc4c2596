#pragma once
/// \file
/// cJSON over a resource, all of a process (cJSON_InitHooks).
///
/// `cjson_heap::install(resource, "my_program")` before the first value; whether that was so cJSON does not tell. A value from
/// before that is deleted after is a fault report: foreign_pointer. What cJSON_Print returns is freed with cJSON_free.
///
/// Threads, fork, lifetime and what is thrown: as of every static_heap. Sizes are bytes; a block costs 16 more.

#include <autopmr/adapters/static_heap.hpp>

namespace autopmr {

struct cjson_hooks {
    static install_answer::kind hook() noexcept;
};
using cjson_heap = static_heap<cjson_hooks>;

}  // namespace autopmr
