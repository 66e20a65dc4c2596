#pragma once
// What stands in a policy file, read but not yet believed: whether backends serve and changes come in time is seen later.

#include "src/subsystem_node.hpp"

#include <autopmr/policy.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace autopmr {

struct policy_section {
    std::string                name;
    setting_place              at;
    std::string                backend;  // empty: not said
    std::optional<std::size_t> limit;
    std::optional<bool>        own_heap;
    std::optional<guard>       under;
    std::optional<bool>        secret;
    setting_place              backend_at, limit_at, own_heap_at, under_at, secret_at;
};

struct policy_document {
    policy_section              root;  // of which the backend is the default's, and the limit the root subsystem's
    std::optional<goal>         wanted;
    setting_place               wanted_at;
    std::vector<policy_section> sections;
};

// Reads TOML. False, with the first thing that is wrong as `result`'s error, each as "file:line:column: ...". `file` must
// outlive the document.
bool parse_policy(std::string_view text, const char* file, policy_document& out, policy_result& result);

}  // namespace autopmr
