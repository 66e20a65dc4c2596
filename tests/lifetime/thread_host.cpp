// `thread_host PLUGIN`: a thread counts by the plugin, which is closed before that thread ends. Nothing is installed, so it is the
// counting that must keep the plugin's code: the system calls it when the thread ends.
#include <dlfcn.h>

#include <cstdio>
#include <future>
#include <thread>

int main(int argc, char** argv) {
    void* const plugin = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : nullptr;
    auto* const count = plugin != nullptr ? reinterpret_cast<int (*)()>(dlsym(plugin, "plugin_count")) : nullptr;
    if (count == nullptr) {
        std::printf("thread_host: %s\n", argc == 2 ? dlerror() : "one plugin, please");
        return 1;
    }
    std::promise<int>  counted;
    std::promise<void> closed;
    std::thread        counter([&] {
        counted.set_value(count());
        closed.get_future().wait();
    });
    const int wrong = counted.get_future().get();
    dlclose(plugin);
    closed.set_value();
    counter.join();
    std::printf(wrong != 0 ? "the plugin's count is wrong\n" : "ok\n");
    return wrong;
}
