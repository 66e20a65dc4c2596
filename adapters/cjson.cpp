#include <autopmr/adapters/cjson.hpp>

#include <cjson/cJSON.h>

namespace autopmr {

install_answer::kind cjson_hooks::hook() noexcept {
    cJSON_Hooks hooks{cjson_heap::malloc, cjson_heap::free};
    cJSON_InitHooks(&hooks);
    return install_answer::installed;
}

}  // namespace autopmr
