// `hooks_host PLUGIN` takes the plugin's functions, closes it, and goes on calling them, as a library does that keeps its hooks.
#include <dlfcn.h>

#include <cstddef>
#include <cstdio>

struct hooks {
    void* (*malloc)(std::size_t);
    void (*free)(void*);
};

int main(int, char** argv) {
    void* const plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) return std::puts(dlerror()), 1;
    const hooks kept = reinterpret_cast<hooks (*)()>(dlsym(plugin, "plugin_hooks"))();
    if (kept.malloc == nullptr) return std::puts("not installed"), 1;
    void* const before = kept.malloc(100);
    dlclose(plugin);
    void* const after = kept.malloc(100);
    kept.free(before);
    kept.free(after);
    return after != nullptr ? std::puts("ok"), 0 : 1;
}
