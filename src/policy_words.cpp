#include "src/policy_words.hpp"

#include <autopmr/selector.hpp>

#include "src/selector_hint.hpp"

namespace autopmr {
namespace {

struct guard_word {
    guard            means;
    std::string_view word;
    std::string_view not_built;
};

// A guard that is built loses its reason here; nothing else changes.
constexpr guard_word guards[] = {
    {guard::none, "none", {}},
    {guard::canary, "canary", "not built: guard \"canary\"; leave it out or say guard = \"none\""},
    {guard::pages, "pages", "not built: guard \"pages\"; leave it out or say guard = \"none\""},
    {guard::sampled, "sampled", "not built: guard \"sampled\"; leave it out or say guard = \"none\""},
};

}  // namespace

bool parse(std::string_view word, guard& out) noexcept {
    for (const guard_word& g : guards) {
        if (g.word != word) continue;
        out = g.means;
        return true;
    }
    return false;
}

std::string_view why_not_built(guard under) noexcept {
    for (const guard_word& g : guards)
        if (g.means == under) return g.not_built;
    return "not built: a guard of this number";
}

fixed_text<512> backend_error(std::string_view name) noexcept {
    const backend* const   there = find_backend(name);
    const std::string_view why = there != nullptr ? there->why_not() : std::string_view();
    if (there != nullptr && why.empty()) return {};
    fixed_text<512> text;
    if (there != nullptr) {
        text.append("'").append(name).append("', which can't serve: ").append(why).append("; these could:");
    } else {
        text.append("unknown: '").append(fixed_text<64>(name)).append("'");
        for (const backend& one : backends()) {
            if (!may_mean(name, one.name)) continue;
            text.append(" (did you mean ").append(one.name).append("?)");
            break;
        }
        text.append("; the names are:");
    }
    for (const backend& one : backends())
        if (there == nullptr || one.why_not().empty()) text.append(" ").append(one.name);
    return text;
}

}  // namespace autopmr
