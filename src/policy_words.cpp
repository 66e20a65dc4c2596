#include "src/policy_words.hpp"

#include <autopmr/selector.hpp>

#include "src/selector_hint.hpp"

namespace autopmr {
namespace {

constexpr guard guards[] = {guard::none, guard::canary, guard::pages, guard::sampled};

}  // namespace

bool parse(std::string_view word, guard& out) noexcept {
    for (const guard g : guards) {
        if (to_string(g) != word) continue;
        out = g;
        return true;
    }
    return false;
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
