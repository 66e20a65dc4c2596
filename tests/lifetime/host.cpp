// A program that knows nothing of autopmr: `host PLUGIN [PLUGIN]` loads plugins late, lets each install, closes them all and
// goes on allocating. It prints what they said of their choices.
#include "uses.hpp"

#include <dlfcn.h>

#include <cstdio>
#include <thread>
#include <vector>

namespace {

int complain(const char* what) {
    std::printf("host: %s\n", what);
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<void*> plugins;
    for (int i = 1; i < argc; ++i) {
        void* plugin = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
        if (plugin == nullptr) return complain(dlerror());
        plugins.push_back(plugin);
        auto* const install = reinterpret_cast<int (*)()>(dlsym(plugin, "plugin_install"));
        if (install == nullptr) return complain("no plugin_install");
        const int said = install();
        if (said != (i == 1 ? 0 : 2)) return complain(i == 1 ? "the first was not installed" : "the second did not keep the first");
    }
    if (plugins.empty() || std::pmr::get_default_resource() == std::pmr::new_delete_resource()) return complain("no default");
    std::pmr::vector<int> kept(1000, 4);
    for (void* plugin : plugins) dlclose(plugin);
    if (!use()) return complain("the default does not serve after dlclose");
    bool good = false;
    std::thread([&] { good = use(); }).join();
    if (!good) return complain("the default does not serve a new thread after dlclose");
    if (kept.back() != 4) return complain("a block was lost with the plugin");
    kept = std::pmr::vector<int>();
    std::printf("ok\n");
    return 0;
}
