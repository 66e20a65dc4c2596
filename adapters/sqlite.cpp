#include <autopmr/adapters/sqlite.hpp>

#include <sqlite3.h>

#include <cstddef>

namespace autopmr {
namespace {

int xinit(void*) { return SQLITE_OK; }

void xshutdown(void*) {}

// SQLite has no sizes below 0.
void* xmalloc(int bytes) { return sqlite_heap::malloc(static_cast<std::size_t>(bytes)); }

void xfree(void* block) { sqlite_heap::free(block); }

void* xrealloc(void* block, int bytes) { return sqlite_heap::realloc(block, static_cast<std::size_t>(bytes)); }

// Of live blocks, each when it is made and when it goes: its free is what checks it.
int xsize(void* block) { return static_cast<int>(sqlite_heap::heap()->known_size(block)); }

// SQLite counts on multiples of 8 only.
int xroundup(int bytes) { return (bytes + 7) & ~7; }

}  // namespace

install_answer::kind sqlite_hooks::hook() noexcept {
    sqlite3_mem_methods methods{};
    methods.xMalloc = xmalloc;
    methods.xFree = xfree;
    methods.xRealloc = xrealloc;
    methods.xSize = xsize;
    methods.xRoundup = xroundup;
    methods.xInit = xinit;
    methods.xShutdown = xshutdown;
    switch (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods)) {
        case SQLITE_OK: return install_answer::installed;
        case SQLITE_MISUSE: return install_answer::too_late;
        default: return install_answer::refused_by_library;
    }
}

}  // namespace autopmr
