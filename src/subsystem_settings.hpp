#pragma once
// What is asked of subsystems, from code or from a file, checked and applied as one.

#include "src/subsystem_node.hpp"

#include <autopmr/policy.hpp>

#include <string_view>
#include <vector>

namespace autopmr {

struct subsystem_wish {
    std::string_view  name;  // good
    subsystem_options wants;
    setting_place     at;
    setting_place     backend_at, limit_at, own_heap_at, under_at, secret_at;
};

struct wish_list {
    std::vector<subsystem_wish> wishes;
    said_by                     who = said_by::program;
    const backend*              fallback = nullptr;  // what a file asks for as the default
};

// All or nothing: when `result` is not ok() afterwards, no setting was changed.
void apply(const wish_list& list, policy_result& result);

}  // namespace autopmr
