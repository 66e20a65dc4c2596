// A plugin that installs a static_heap, and hands its functions out as a bridge hands them to a library.
#include <autopmr/adapters/static_heap.hpp>
#include <autopmr/backends/system.hpp>

struct library {};
using heap = autopmr::static_heap<library>;

struct hooks {
    void* (*malloc)(std::size_t);
    void (*free)(void*);
};

extern "C" [[gnu::visibility("default")]] hooks plugin_hooks() {
    if (!heap::install(autopmr::system_backend.resource(), "the plugin")) return {};
    return {heap::malloc, heap::free};
}
