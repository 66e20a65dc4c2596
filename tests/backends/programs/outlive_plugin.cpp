// The plugin installs a default and is closed; what it installed must live on.
#include <dlfcn.h>

#include <cstdio>
#include <cstring>
#include <memory_resource>
#include <vector>

int main(int, char** arguments) {
    void* plugin = ::dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) return std::fprintf(stderr, "%s\n", ::dlerror()), 1;
    if (reinterpret_cast<int (*)()>(::dlsym(plugin, "plugin_install"))() != 1) return std::puts("not installed"), 1;
    if (std::pmr::get_default_resource() == std::pmr::new_delete_resource()) return std::puts("no new default"), 1;
    std::pmr::vector<int> before(1000, 1);
    ::dlclose(plugin);
    std::pmr::vector<int> after(100'000, 2);
    before.resize(50'000, 3);
    std::puts(after.back() == 2 && before.back() == 3 ? "lives on" : "damaged");
}
