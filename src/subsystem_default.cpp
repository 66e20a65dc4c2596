// Until the selector and the backends are here: plain operator new.
#include "src/policy_words.hpp"
#include "src/subsystem_binding.hpp"

#include <new>

namespace autopmr {
namespace {
constexpr backend plain{"new_delete", "operator new", []() noexcept { return std::string_view(); },
    []() noexcept -> std::pmr::memory_resource& { return *std::pmr::new_delete_resource(); },
    [](std::size_t bytes, std::size_t alignment) { return ::operator new(bytes, std::align_val_t(alignment)); },
    [](void* block, std::size_t bytes, std::size_t alignment) { ::operator delete(block, bytes, std::align_val_t(alignment)); }};
}
const backend& default_backend() noexcept { return plain; }
const backend* backend_named(std::string_view name) noexcept { return name == plain.name ? &plain : nullptr; }

fixed_text<512> backend_error(std::string_view name) noexcept {
    const backend* const there = backend_named(name);
    if (there == nullptr) return fixed_text<512>("unknown: '").append(name).append("'");
    const std::string_view why = there->why_not();
    return why.empty() ? fixed_text<512>() : fixed_text<512>("'").append(name).append("', which can't serve: ").append(why);
}
}  // namespace autopmr

// Until the decision is here.
namespace autopmr {
[[gnu::weak]] bool parse(std::string_view text, goal& out) noexcept {
    constexpr std::string_view words[] = {"throughput", "footprint", "hardened"};
    for (unsigned char i = 0; i != 3; ++i)
        if (words[i] == text) return out = goal(i), true;
    return false;
}
}  // namespace autopmr
