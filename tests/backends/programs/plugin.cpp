// A plugin: the core comes late into a program that knows nothing of it.
#include <autopmr/autopmr.hpp>

extern "C" const char* plugin_why_not(const char* name) {
    const autopmr::backend* b = autopmr::find_backend(name);
    return b == nullptr ? "no such backend" : b->why_not().empty() ? "" : b->why_not().data();
}

extern "C" int plugin_serves(const char* name) {
    const autopmr::backend* b = autopmr::find_backend(name);
    void*                   block = b->allocate(100, 4096);
    const bool              aligned = reinterpret_cast<std::size_t>(block) % 4096 == 0;
    b->deallocate(block, 100, 4096);
    return aligned;
}

extern "C" int plugin_install() { return autopmr::install_default().ok(); }
