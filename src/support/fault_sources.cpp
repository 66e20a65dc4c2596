#include "fault_sources.hpp"

#include "../platform/os.hpp"

#include <atomic>

namespace autopmr {
namespace {

// More than that are not asked: their faults are still found, but not explained by describe().
constexpr std::size_t most = 1024;
constinit std::atomic<fault_source*> places[most] = {};
constinit std::atomic<std::size_t>   used{0};  // places that were ever taken
constinit std::atomic<unsigned>      readers{0};

void in_child() noexcept { readers.store(0, std::memory_order_relaxed); }  // those of other threads did not come along

}  // namespace

void fault_sources::join(fault_source& source) noexcept {
    static const bool watched = os::at_fork(nullptr, nullptr, [] { in_child(); });
    static_cast<void>(watched);
    for (std::size_t i = 0; i != most; ++i) {
        fault_source* expected = nullptr;
        if (!places[i].compare_exchange_strong(expected, &source)) continue;
        for (std::size_t before = used; before <= i && !used.compare_exchange_weak(before, i + 1);) continue;
        return;
    }
}

void fault_sources::leave(fault_source& source) noexcept {
    const std::size_t end = used;
    for (std::size_t i = 0; i != end; ++i) {
        fault_source* expected = &source;
        if (places[i].compare_exchange_strong(expected, nullptr)) break;
    }
    while (readers != 0) continue;  // sequentially consistent: who counts itself later no longer sees the source
}

fault_source* fault_sources::explain(const void* address, fault_report& out) noexcept {
    ++readers;
    fault_source*     found = nullptr;
    const std::size_t end = used;
    for (std::size_t i = 0; i != end && found == nullptr; ++i) {
        fault_source* const source = places[i];
        if (source != nullptr && source->explain(address, out)) found = source;
    }
    --readers;
    return found;
}

}  // namespace autopmr
