// The program's malloc stays the C library's, whatever the library loads to serve.
#include <autopmr/autopmr.hpp>

#include <dlfcn.h>
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

namespace {

bool owned_by(const char* symbol, const char* library) {
    Dl_info where{};
    void*   address = dlsym(RTLD_DEFAULT, symbol);
    if (address != nullptr && dladdr(address, &where) != 0 && std::strstr(where.dli_fname, library) != nullptr) return true;
    std::printf("%s is not of %s but of %s\n", symbol, library, where.dli_fname != nullptr ? where.dli_fname : "nobody");
    return false;
}

/// Whether blocks of malloc and of new really come from the C library's heap.
bool grows() {
    constexpr std::size_t bytes = 20000, count = 100;
    std::vector<void*>    blocks;
    const std::size_t     before = mallinfo2().uordblks;
    for (std::size_t i = 0; i != count; ++i) blocks.push_back(i % 2 == 0 ? std::malloc(bytes) : ::operator new(bytes));
    const std::size_t after = mallinfo2().uordblks;
    for (std::size_t i = 0; i != count; ++i) i % 2 == 0 ? std::free(blocks[i]) : ::operator delete(blocks[i]);
    if (after - before >= bytes * count) return true;
    std::printf("the C library's heap grew by %zu of %zu bytes\n", after - before, bytes * count);
    return false;
}

bool is_own() {
    return owned_by("malloc", "libc.so") && owned_by("free", "libc.so") && owned_by("_Znwm", "libstdc++.so") && grows();
}

}  // namespace

int main() {
    if (!is_own()) return 1;
    autopmr::install_default();
    if (!is_own()) return 1;
    for (const autopmr::backend& backend : autopmr::backends()) {
        const auto reason = backend.why_not();
        if (!reason.empty()) {
            std::printf("%.*s: not here: %.*s\n", static_cast<int>(backend.name.size()), backend.name.data(),
                        static_cast<int>(reason.size()), reason.data());
            continue;
        }
        void*      block = backend.allocate(100, 8);
        const bool own = is_own();
        backend.deallocate(block, 100, 8);
        std::printf("%.*s: %s\n", static_cast<int>(backend.name.size()), backend.name.data(), own ? "malloc is still the C library's" : "FAILED");
        if (!own) return 1;
    }
    return 0;
}
