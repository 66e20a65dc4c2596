#pragma once
/// \file
/// Objects that are made at first use and kept for ever, with no lock: who comes second throws its own away.
///
/// So a child that is forked while another thread makes one makes its own, where the guard of a function's static would be found
/// taken for ever; and nothing ends it while static destructors still use it. Any thread.

#include "src/platform/os.hpp"

#include <atomic>
#include <new>
#include <utility>

namespace autopmr {

/// In pages of its own. Null where there are none; what its constructor throws passes.
template <class T, class... Arguments>
T* make_in_pages(Arguments&&... arguments) {
    struct place {
        void* pages = os::map_pages(sizeof(T));
        ~place() {
            if (pages != nullptr) os::unmap_pages(pages, sizeof(T));
        }
    } mine;
    if (mine.pages == nullptr) return nullptr;
    T* const made = ::new (mine.pages) T(std::forward<Arguments>(arguments)...);
    mine.pages = nullptr;
    return made;
}
template <class T>
void end_in_pages(T* one) noexcept {
    one->~T();
    os::unmap_pages(one, sizeof(T));
}

/// What stands in `place`, made where nothing does. Null where `make` gives null, and throws what it throws.
template <class T, class Make, class End>
T* first_made(std::atomic<T*>& place, Make make, End end) {
    if (T* const there = place.load(std::memory_order_acquire)) return there;
    T* const mine = make();
    T*       first = nullptr;
    if (mine == nullptr || place.compare_exchange_strong(first, mine, std::memory_order_acq_rel)) return mine;
    end(mine);
    return first;
}

/// The same with an object in pages of its own, which are not given back.
template <class T, class... Arguments>
T* first_in_pages(std::atomic<T*>& place, const Arguments&... arguments) {
    return first_made(place, [&] { return make_in_pages<T>(arguments...); }, end_in_pages<T>);
}

}  // namespace autopmr
