// Prints what the probes say of this very process. Linked and preloaded in several ways by the tests.
#include <autopmr/host.hpp>

#include <cstdio>
#include <cstdlib>

int main() {
    void* volatile block = std::malloc(10);  // so that the linker takes malloc from an archive that offers one
    std::free(block);
    const autopmr::host facts = autopmr::probe_host();
    const auto          owner = facts.malloc_owner.value;
    const auto          origin = facts.malloc_owner.origin;
    std::printf("malloc=%.*s replaced=%d watching=%s valgrind=%d (%.*s)\n", static_cast<int>(owner.view().size()), owner.view().data(),
                facts.malloc_replaced.value, to_string(facts.watching.value).data(), facts.valgrind.value,
                static_cast<int>(origin.view().size()), origin.view().data());
}
