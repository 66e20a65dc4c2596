#include "src/policy_words.hpp"

#include "src/subsystem_binding.hpp"

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

std::string_view word_of(guard under) noexcept {
    for (const guard_word& g : guards)
        if (g.means == under) return g.word;
    return "unknown";
}

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

}  // namespace autopmr
