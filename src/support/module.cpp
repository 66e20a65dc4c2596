#include "module.hpp"

namespace autopmr {

void* open_first_of(std::initializer_list<const char*> names, std::string_view hint, reason& why_not, os::names_of first) noexcept {
    for (const char* name : names) {
        if (*name == 0) continue;
        reason failure;
        if (void* module = os::open_module(name, failure, first)) return module;
        if (!why_not.empty()) continue;
        if (failure.view().find("static TLS") != std::string_view::npos)
            why_not.append(name).append(" can't be loaded late (it needs static TLS): link the program with autopmr::backends");
        else
            why_not.append(failure).append(" (").append(hint).append(")");
    }
    return nullptr;
}

}  // namespace autopmr
