#pragma once
// What a subsystem is behind its resource, and the tree they stand in. Nodes live in pages that are never given back.
//
// Found without a lock: nodes are only ever added, and each list is linked by an atomic pointer that is written once.
// Everything that is set (settings, bindings) is written under the tree's lock.

#include <autopmr/backend.hpp>
#include <autopmr/decision.hpp>
#include <autopmr/ledger.hpp>
#include <autopmr/subsystem.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string_view>

namespace autopmr {

// Where a setting was made: in a file when it has a name (immortal), else in code.
struct setting_place {
    const char* file = nullptr;
    unsigned    line = 0;
    unsigned    column = 0;
};

// Who made a setting; nobody: it is not set.
struct setting_source {
    said_by       who = said_by::nobody;
    setting_place at;
    explicit operator bool() const noexcept { return who != said_by::nobody; }
};

// What stands between a subsystem and its backend, or in the backend's place.
struct protection {
    guard under = guard::none;
    bool  secret = false;

    [[nodiscard]] bool any() const noexcept { return secret || under != guard::none; }
    // Blocks do not come from the backend at all.
    [[nodiscard]] bool terminal() const noexcept { return secret || under == guard::pages; }
    bool operator==(const protection&) const = default;
};

// A guard or secret memory for one subsystem, made for the heap that it was about to be bound to.
struct protected_heap {
    layer*         heap = nullptr;
    const backend* over = nullptr;
    layer*         own = nullptr;
    protection     kind;

    [[nodiscard]] bool made_for(const backend* what, layer* heap_below, protection asked) const noexcept {
        return heap != nullptr && over == what && own == heap_below && kind == asked;
    }
};

using raw_allocate = void* (*)(std::size_t, std::size_t);
using raw_deallocate = void (*)(void*, std::size_t, std::size_t);

struct subsystem_node {
    // Read at each allocation. Null until bound, and for ever over a heap of its own.
    std::atomic<raw_allocate>   allocate{nullptr};
    std::atomic<raw_deallocate> deallocate{nullptr};
    ledger                      books;

    subsystem_resource resource{*this};
    subsystem_node*    parent = nullptr;
    const char*        name = "";        // ends in a zero: exceptions carry it
    std::size_t        name_size = 0;

    std::atomic<const backend*>             bound{nullptr};  // after `heap` and the raw functions
    std::atomic<layer*> heap{nullptr};   // what it allocates from when that is no common heap

    // Settings, under the lock.
    const backend*             wanted = nullptr;
    layer*                     own = nullptr;     // made when it was asked for
    const backend*             own_of = nullptr;  // by this backend
    bool                       own_heap = false;
    protection                 asked;             // what it says itself
    protection                 in_force;          // what it was bound with
    guard                      by_default = guard::none;  // what the root's default brought along
    layer*                     below = nullptr;   // the own heap, its own or an ancestor's, that it was bound to
    protected_heap             guarded;           // made for it, before it is bound
    setting_source             backend_by, limit_by, own_heap_by, under_by, secret_by;

    std::atomic<subsystem_node*> next_in_bucket{nullptr};
    std::atomic<subsystem_node*> next{nullptr};  // in the order they were made: parents before children

    constexpr subsystem_node() noexcept = default;
    constexpr subsystem_node(subsystem_node* p, const char* n, std::size_t size) noexcept
        : books(ledger::no_limit, &p->books), parent(p), name(n), name_size(size) {}
    [[nodiscard]] std::string_view view() const noexcept { return {name, name_size}; }
    static subsystem_node&         of(const subsystem_resource& r) noexcept { return *r.node_; }
};

namespace subsystem_tree {

subsystem_node& root() noexcept;
// One that stands for every subsystem that was not made yet.
const subsystem_node& unmade() noexcept;
// Null when there is none of that name.
subsystem_node* find(std::string_view name) noexcept;
// While it is held, nobody else changes the tree or its settings meanwhile.
std::unique_lock<std::mutex> lock() noexcept;
// Holds the lock across every fork from now on. Who holds a lock of its own around this one registers after it.
void watch_fork() noexcept;
// Under the lock; null when there are no pages left. The name is good.
subsystem_node* find_or_make_locked(std::string_view name) noexcept;
// Under the lock: the same text for ever, "" when there are no pages left.
const char* intern_locked(std::string_view text) noexcept;

}  // namespace subsystem_tree

// A heap for a subsystem alone, from this backend: one of its own kind where it makes such, else a concurrent pool over it. Asks
// the backend, so not under a lock that is held across fork.
heap_offer make_own_heap(const backend& maker) noexcept;
// It is used from now on, and so for ever.
void keep_own_heap(const backend& maker, layer& heap) noexcept;
// Ends one that nobody used.
void discard_own_heap(const backend& maker, layer& heap) noexcept;
// The guard or the secret memory, for ever, over a heap of its own where there is one. Where it can't be had, `heap` refuses
// every request: never silently unguarded.
protected_heap protect(const char* subsystem, protection kind, const backend& over, layer* own) noexcept;
// Why no subsystem can have it; empty where one can.
std::string_view why_no_protection(protection kind) noexcept;
// Ends one that nobody uses.
void discard(const protected_heap& unused) noexcept;
// What a node gets: its own word, else the nearest ancestor's. Under the lock.
protection protection_of(const subsystem_node& node) noexcept;
// Settles which backend or heap a subsystem allocates from; it is bound afterwards.
void bind(subsystem_node& node) noexcept;
// Under the lock: "default", and why where it is not the chosen one.
const fixed_text<192>& origin_of_default() noexcept;

// "autopmr.toml:4:9", "program" or "default".
fixed_text<192> to_text(const setting_source& source) noexcept;

}  // namespace autopmr
