// Probing allocates nothing. This program brings its own malloc, which counts; the probes must see that it does.
#include <autopmr/host.hpp>

#include <cstddef>
#include <cstdio>
#include <string>

namespace {
unsigned long calls = 0;
}

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void  __libc_free(void*);

void* malloc(std::size_t bytes) { return ++calls, __libc_malloc(bytes); }
void* calloc(std::size_t count, std::size_t bytes) { return ++calls, __libc_calloc(count, bytes); }
void* realloc(void* block, std::size_t bytes) { return ++calls, __libc_realloc(block, bytes); }
void  free(void* block) { __libc_free(block); }
}

int main(int count, char** roots) {
    delete new std::string(100, 'x');
    if (calls == 0) return std::puts("the counter does not count"), 2;
    for (int i = 0; i != count; ++i) {
        const char*         root = i == 0 ? "/" : roots[i];
        const unsigned long before = calls;
        const autopmr::host facts = autopmr::probe_host(root);
        const unsigned long during = calls - before;
        if (during != 0) return std::printf("probing %s allocated %lu times\n", root, during), 1;
        if (i == 0 && (!facts.malloc_replaced.value || facts.malloc_owner.value.view() != "program"))
            return std::puts("a malloc in the program itself was not recognised"), 1;
    }
    std::printf("probed %d machines without allocating\n", count);
}
