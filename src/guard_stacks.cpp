#include "src/guard_stacks.hpp"

#include <autopmr/decision.hpp>
#include <autopmr/errors.hpp>
#include <autopmr/guarded/canary_resource.hpp>
#include <autopmr/guarded/page_guarded_resource.hpp>
#include <autopmr/guarded/sampled_guard_resource.hpp>
#include <autopmr/guarded/secret_resource.hpp>
#include <autopmr/selector.hpp>

#include "src/platform/os.hpp"
#include "src/support/announce.hpp"
#include "src/support/first_made.hpp"

#include <algorithm>
#include <atomic>
#include <new>
#include <utility>

namespace autopmr {
namespace {

// All of a size, so that end_guard() need not know which it was.
constexpr std::size_t place_bytes =
    std::max({sizeof(canary_resource), sizeof(page_guarded_resource), sizeof(sampled_guard_resource), sizeof(secret_resource)});

template <class Make>
layer* in_pages(Make make) noexcept {
    void* const place = os::map_pages(place_bytes);
    if (place == nullptr) return nullptr;
    layer* made = nullptr;
#if defined(__cpp_exceptions)
    try {
        made = make(place);
    } catch (const std::bad_alloc&) {  // no pages for its own
    }
#else
    made = make(place);
#endif
    if (made != nullptr) announce::keeps_for_ever(place, place_bytes);
    else os::unmap_pages(place, place_bytes);
    return made;
}

// One reservation of addresses for all of them, never given back. Throws out_of_memory.
guard_pool& shared_pages() {
    static constinit std::atomic<guard_pool*> made{nullptr};
    guard_pool* const                         one = first_in_pages(made);
    if (one == nullptr) throw_out_of_memory(sizeof(guard_pool), alignof(guard_pool), "page_guarded");
    return *one;
}

constexpr std::size_t         most_backends = 32, kinds = 3;  // without guard::none
constinit std::atomic<layer*> over_backends[most_backends][kinds] = {};

}  // namespace

std::string_view why_no_guard(guard under) noexcept {
    if (under == guard::none || under == guard::canary || os::page_size() != 0) return {};
    return "guard pages need an operating system";
}

// What the process's own one can't have nobody can.
std::string_view why_no_secrets() noexcept {
#if defined(__cpp_exceptions)
    try {
        static_cast<void>(process_secrets());
    } catch (const std::bad_alloc& why) {
        return why.what();  // immortal, as all texts of errors.hpp
    }
#else
    static_cast<void>(process_secrets());
#endif
    return {};
}

layer* make_guard(guard under, const char* subsystem, const resource_ptr& below) noexcept {
    return in_pages([&](void* place) -> layer* {
        switch (under) {
            case guard::canary: {
                canary_options options;
                options.subsystem = subsystem;
                return ::new (place) canary_resource(options, below);
            }
            case guard::pages: {
                page_guarded_options options;
                options.subsystem = subsystem;
                options.exhausted = guard_exhausted::recycle_oldest;
                return ::new (place) page_guarded_resource(shared_pages(), options);
            }
            case guard::sampled: {
                sampled_guard_options options;
                options.subsystem = subsystem;
                return ::new (place) sampled_guard_resource(options, below);
            }
            default: return nullptr;
        }
    });
}

layer* make_secrets(const char* subsystem, bool isolated) noexcept {
    return in_pages([&](void* place) -> layer* {
        secret_options options;
        options.subsystem = subsystem;
        options.isolated = isolated;
        return ::new (place) secret_resource(options);
    });
}

void end_guard(layer* made) noexcept {
    announce::keeps_no_more(made, place_bytes);
    made->~layer();
    os::unmap_pages(made, place_bytes);
}

layer* guard_over(const backend& which, guard under) noexcept {
    std::size_t row = 0;
    for (const backend& one : backends()) {
        if (&one == &which) break;
        ++row;
    }
    if (under == guard::none || row >= most_backends || row >= backends().size()) return nullptr;
    return first_made(over_backends[row][static_cast<std::size_t>(under) - 1], [&] { return make_guard(under, "", &which.resource()); }, end_guard);
}

std::pmr::memory_resource& decision::resource() const noexcept {
    if (kept != nullptr) return *kept;
    if (on_top != nullptr) return *on_top;
    if (chosen == nullptr) return *std::pmr::null_memory_resource();
    if (under == guard::none) return chosen->resource();
    layer* const guarded = guard_over(*chosen, under);  // never the bare backend where a guard was chosen
    return guarded != nullptr ? *guarded : *std::pmr::null_memory_resource();
}

bool is_guard_over_a_backend(const std::pmr::memory_resource* resource) noexcept {
    for (const auto& row : over_backends)
        for (const std::atomic<layer*>& place : row)
            if (resource != nullptr && place.load(std::memory_order_acquire) == resource) return true;
    return false;
}

}  // namespace autopmr
