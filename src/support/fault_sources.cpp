#include "fault_sources.hpp"

#include "../platform/os.hpp"

#include <atomic>
#include <cstddef>
#include <new>
#include <thread>

namespace autopmr {
namespace {

struct shelf {
    static constexpr std::size_t most = 500;
    std::atomic<fault_source*>   places[most] = {};
    std::atomic<std::size_t>     used{0};  // places that were ever taken
    std::atomic<shelf*>          next{nullptr};

    bool take(fault_source& source) noexcept {
        for (std::size_t i = 0; i != most; ++i) {
            fault_source* expected = nullptr;
            if (!places[i].compare_exchange_strong(expected, &source)) continue;
            for (std::size_t before = used; before <= i && !used.compare_exchange_weak(before, i + 1);) continue;
            return true;
        }
        return false;
    }
};
constinit shelf first;  // more of them are never given back: readers may be on them

// The upper half counts forks, the lower those who read: readers of other threads did not come along into a child, and one that
// itself forks must not count itself out of a number that it is not in.
constexpr std::uint64_t              one_fork = std::uint64_t{1} << 32, forks = ~(one_fork - 1);
constinit std::atomic<std::uint64_t> readers{0};
constinit std::atomic<bool>          watched{false};

shelf* after(shelf& full) noexcept {
    if (shelf* const known = full.next) return known;
    void* const pages = os::map_pages(sizeof(shelf));
    if (pages == nullptr) return nullptr;
    auto* const more = ::new (pages) shelf;
    shelf*      expected = nullptr;
    if (full.next.compare_exchange_strong(expected, more)) return more;
    os::unmap_pages(pages, sizeof(shelf));
    return expected;
}

}  // namespace

fault_sources::reading::reading() noexcept : generation_(readers.fetch_add(1) & forks) {}

fault_sources::reading::~reading() {
    std::uint64_t now = readers;
    while ((now & forks) == generation_ && !readers.compare_exchange_weak(now, now - 1)) continue;
}

bool fault_sources::join(fault_source& source) noexcept {
    // No local static: a fork in the middle of its making would leave it locked.
    if (!watched.exchange(true))
        static_cast<void>(os::at_fork(nullptr, nullptr, [] { readers = (readers & forks) + one_fork; }));
    for (shelf* one = &first; one != nullptr; one = after(*one))
        if (one->take(source)) return true;
    return false;
}

void fault_sources::leave(fault_source& source) noexcept {
    bool gone = false;
    for (shelf* one = &first; one != nullptr && !gone; one = one->next)
        for (std::size_t i = 0, end = one->used; i != end && !gone; ++i) {
            fault_source* expected = &source;
            gone = one->places[i].compare_exchange_strong(expected, nullptr);
        }
    // Sequentially consistent: who counts itself later no longer sees the source.
    // Not for ever: a handler that ends the program while it is asked would wait for itself.
    for (int i = 0; (readers & ~forks) != 0 && i != 1'000'000; ++i) std::this_thread::yield();
}

fault_source* fault_sources::explain(const void* address, fault_report& out) noexcept {
    const reading here;
    for (shelf* one = &first; one != nullptr; one = one->next)
        for (std::size_t i = 0, end = one->used; i != end; ++i) {
            fault_source* const source = one->places[i];
            if (source != nullptr && source->explain(address, out)) return source;
        }
    return nullptr;
}

}  // namespace autopmr
