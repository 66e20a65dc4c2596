#pragma once
/// \file
/// A backend says what it is and whether it can serve here and now; a candidate says when we would want it, and why.
///
/// All backends exist in every build: one whose library was not found is a stub whose why_not() gives the reason. Everything
/// here is constant data or a plain function: safe before main, in static destructors, from any thread.

#include <autopmr/layer.hpp>

#include <cstddef>
#include <memory_resource>
#include <string_view>

namespace autopmr {

struct host;
struct request;
class tuning_log;

/// What an allocator says of itself, in bytes. Zero in `known` fields only: see which are set.
struct footprint {
    std::size_t in_use = 0;     ///< handed out, as the allocator rounds it
    std::size_t committed = 0;  ///< backed by the operating system
    bool        in_use_known = false;
    bool        committed_known = false;
};

/// A private heap, or why there is none. The heap is thread-safe and lives for ever: subsystems keep theirs.
struct heap_offer {
    layer*           heap = nullptr;
    std::string_view why_not;  ///< literal or otherwise immortal
};

/// One allocator. `why_not` may load a library; its text is immortal and stays the same for the life of the process (fixed_heap
/// can serve from when it is given its region).
struct backend {
    std::string_view             name;                                     ///< what AUTOPMR_BACKEND= accepts
    std::string_view             what;                                     ///< one line for people
    std::string_view           (*why_not)() noexcept = nullptr;            ///< empty when it can serve here and now
    std::pmr::memory_resource& (*resource)() noexcept = nullptr;           ///< process-wide, immortal, valid even when it can't serve
    void*                      (*allocate)(std::size_t bytes, std::size_t alignment) = nullptr;  ///< as resource(), without the
    void                       (*deallocate)(void*, std::size_t, std::size_t) = nullptr;         ///< virtual call
    std::string_view           (*version)() noexcept = nullptr;            ///< empty when unknown or absent
    void                       (*tune)(const host&, tuning_log&) noexcept = nullptr;  ///< null when it has no parameters
    void                       (*trim)() noexcept = nullptr;               ///< gives unused memory back; null when it can't
    footprint                  (*usage)() noexcept = nullptr;              ///< null when the library does not know
    heap_offer                 (*own_heap)() noexcept = nullptr;           ///< null when it has none: a subsystem then has a pool over it
};

/// A backend as a resource: mimalloc_resource, system_resource, ... It has no state; all objects of one type share the
/// process-wide allocator. Any thread. Through this type, which is final, a call is direct. Throws out_of_memory (also when
/// the backend can't serve) and bad_alignment.
template <const backend& Which>
class backend_resource final : public layer {
public:
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        return backend_resource::do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        backend_resource::do_deallocate(block, bytes, alignment);
    }
    [[nodiscard]] std::string_view name() const noexcept override { return Which.name; }
    [[nodiscard]] thread_use threads() const noexcept override { return thread_use::any_thread; }
    void trim() noexcept override {
        if (Which.trim != nullptr) Which.trim();
    }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;  // each backend's source instantiates these two
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

/// What choice puts on top of a backend.
enum class guard : unsigned char { none, canary, pages, sampled };

/// Whether a candidate suits a request. `because` is immortal; `facts` is a bit for each fact it rests on (see decision.hpp).
struct verdict {
    bool             suits = false;
    std::string_view because;
    unsigned         facts = 0;
};

/// A row of the table, which is the policy: first come, first served. A backend may have several rows.
struct candidate {
    const backend*   what = nullptr;
    std::string_view rule;                                  ///< a short stable name: what the golden file and `explain` show
    verdict        (*suits)(const request&) noexcept = nullptr;
    guard            under = guard::none;                   ///< what choice puts on top of it
    std::string_view because;                               ///< why this row stands where it does
};

}  // namespace autopmr
