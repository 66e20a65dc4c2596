#include "src/platform/os.hpp"

#include <autopmr/adapters/static_heap.hpp>

#include <new>

namespace autopmr {

std::string_view install_answer::why() const noexcept {
    switch (what) {
        case installed: return {};
        case already_installed: return "another resource is installed already; a library gets one, once";
        case one_thread_only: return "the resource is for one thread, and the library calls from any: put synchronized_resource on top";
        case threads_unknown: return "the resource does not say whether it is thread-safe: pass assume_any_thread where it is";
        case too_late: return "too late: the library has allocated already; install before its first use";
        case refused_by_library: return "the library refused its hooks";
    }
    return "unknown";
}

install_answer heap_slot::install(resource_ptr resource, bool assume, const char* who, hook last) noexcept {
    const thread_use threads = resource.threads();
    if (threads == thread_use::one_thread) return {install_answer::one_thread_only};
    if (threads == thread_use::unknown && !assume) return {install_answer::threads_unknown};
    const char* nobody = nullptr;
    if (who == nullptr) who = "somebody without a name";
    if (!who_.compare_exchange_strong(nobody, who, std::memory_order_acq_rel, std::memory_order_acquire))
        return {install_answer::already_installed, nobody};
    os::pin_module_of(this);  // the library keeps the functions that lie beside this, also when the plugin that brought them is closed
    ready_.store(new (&heap_) c_heap(std::move(resource)), std::memory_order_release);
    if (last == nullptr) return {};
    const install_answer of_library{last(), "somebody else, not through autopmr"};
    if (!of_library) withdraw();
    return of_library;
}

void heap_slot::withdraw() noexcept {
    ready_.store(nullptr, std::memory_order_release);
    who_.store(nullptr, std::memory_order_release);
}

}  // namespace autopmr
