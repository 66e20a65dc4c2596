#include <autopmr/adapters/jansson.hpp>

#include <jansson.h>

namespace autopmr {

install_answer::kind jansson_hooks::hook() noexcept {
    json_set_alloc_funcs(jansson_heap::malloc, jansson_heap::free);
    return install_answer::installed;
}

}  // namespace autopmr
