/// Linked into a program as it is: the guard that GOOD_PROGRAMS_GUARD names is std::pmr's default resource from before main on.
/// A report ends the program with its default handler; one that comes of what is left at the end, with an exit status of 99.
#include <autopmr/backends/new_delete.hpp>
#include <autopmr/guarded/canary_resource.hpp>
#include <autopmr/guarded/page_guarded_resource.hpp>
#include <autopmr/guarded/quarantine_resource.hpp>
#include <autopmr/guarded/sampled_guard_resource.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory_resource>
#include <string_view>

namespace {

using namespace autopmr;

template <class Guard>
void look_at_exit(Guard& guard) {
    static Guard* const all = &guard;
    std::atexit([] {
        if (all->verify() != 0) std::_Exit(99);
    });
}

std::pmr::memory_resource* guard_of(std::string_view name) {
    auto* const below = std::pmr::new_delete_resource();
    if (name == "canary") return new canary_resource(below);
    if (name == "quarantine") {
        auto* const guard = new quarantine_resource(below);
        look_at_exit(*guard);
        return guard;
    }
    if (name == "sampled") {
        sampled_guard_options all;
        all.rate = 1;
        auto* const guard = new sampled_guard_resource(all, below);
        look_at_exit(*guard);
        return guard;
    }
    if (name == "pages") {
        auto* const guard = new page_guarded_resource;
        look_at_exit(*guard);
        return guard;
    }
    std::fprintf(stderr, "GOOD_PROGRAMS_GUARD is pages, canary, quarantine or sampled\n");
    std::_Exit(98);
}

[[maybe_unused]] const auto before_main = [] {
    const char* const name = std::getenv("GOOD_PROGRAMS_GUARD");
    return std::pmr::set_default_resource(guard_of(name != nullptr ? name : ""));
}();

}  // namespace
