#include <autopmr/adapters/pugixml.hpp>

#include <pugixml.hpp>

namespace autopmr {

install_answer::kind pugixml_hooks::hook() noexcept {
    pugi::set_memory_management_functions(pugixml_heap::malloc, pugixml_heap::free);
    return install_answer::installed;
}

}  // namespace autopmr
