#include <autopmr/request.hpp>

namespace autopmr {

std::string_view to_string(goal g) noexcept {
    constexpr std::string_view names[] = {"throughput", "footprint", "hardened"};
    return names[static_cast<unsigned char>(g)];
}

std::string_view to_string(said_by who) noexcept {
    constexpr std::string_view names[] = {"program", "environment", "policy file", "nobody"};
    return names[static_cast<unsigned char>(who)];
}

bool parse(std::string_view text, goal& out) noexcept {
    for (const goal g : {goal::throughput, goal::footprint, goal::hardened})
        if (text == to_string(g)) return out = g, true;
    return false;
}

}  // namespace autopmr
