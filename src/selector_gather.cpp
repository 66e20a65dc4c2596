// What this process asks for, and of what: the program's wishes, the environment, the policy file, the probes.

#include <autopmr/selector.hpp>

#include "src/file_policy.hpp"
#include "src/selector_facts.hpp"
#include "src/selector_hint.hpp"
#include "src/platform/os.hpp"

namespace autopmr {
namespace {

// An empty variable asks for nothing, like one that is not set.
std::string_view variable(const char* name) noexcept {
    const char* text = os::environment(name);
    return text != nullptr ? std::string_view(text) : std::string_view();
}

void unknown_goal(std::string_view text, request& asked) noexcept {
    constexpr goal all[] = {goal::throughput, goal::footprint, goal::hardened};
    asked.problem.append("AUTOPMR_GOAL asks for \"").append(printable(text)).append("\", which is no goal");
    for (const goal g : all)
        if (may_mean(text, to_string(g))) {
            asked.problem.append(" (did you mean ").append(to_string(g)).append("?)");
            break;
        }
    asked.problem.append("; the goals are: throughput, footprint, hardened");
}

void settle_backend(const policy& wishes, const file_policy& file, request& asked) noexcept {
    if (!wishes.backend.empty()) {
        asked.backend.append(wishes.backend);
        asked.backend_by = said_by::program;
    } else if (const std::string_view named = variable("AUTOPMR_BACKEND"); !named.empty()) {
        asked.backend.append(named);
        asked.backend_by = said_by::environment;
    } else if (!file.backend.empty()) {
        asked.backend = file.backend;
        asked.backend_by = said_by::policy_file;
        asked.backend_origin = file.backend_origin;
    }
}

void settle_goal(const policy& wishes, const file_policy& file, request& asked) noexcept {
    if (wishes.wanted.has_value()) {
        asked.wanted = *wishes.wanted;
        asked.wanted_by = said_by::program;
    } else if (const std::string_view named = variable("AUTOPMR_GOAL"); !named.empty()) {
        asked.wanted_by = said_by::environment;
        if (!parse(named, asked.wanted)) unknown_goal(named, asked);
    } else if (file.wanted_given) {
        asked.wanted = file.wanted;
        asked.wanted_by = said_by::policy_file;
        asked.wanted_origin = file.wanted_origin;
    }
}

}  // namespace

request gather(const policy& wishes) noexcept {
    request asked;
    asked.facts = probe_host();
    file_policy file;
    read_file_policy(file, asked.problem);
    settle_backend(wishes, file, asked);
    settle_goal(wishes, file, asked);
    return asked;
}

decision select(const policy& wishes) noexcept { return choose(gather(wishes)); }

}  // namespace autopmr
