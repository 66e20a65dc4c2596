#pragma once
/// \file
/// Resources that are broken in one way each, and one that is not: what the kit must tell apart.

#include <autopmr/testing/conformance.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace mutants {

using autopmr::testing::conformance_subject;

/// Keeps every promise by passing all on, until a test takes one away.
class pass_through : public std::pmr::memory_resource {
public:
    explicit pass_through(std::pmr::memory_resource* upstream) : upstream_(upstream) {}

protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override { return upstream_->allocate(bytes, alignment); }
    void  do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(p, bytes, alignment);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    std::pmr::memory_resource* upstream_;
};

template <class Resource>
conformance_subject over_upstream(const char* name) {
    conformance_subject subject;
    subject.name = name;
    subject.make = [](std::pmr::memory_resource* upstream) { return std::make_shared<Resource>(upstream); };
    subject.has_upstream = true;
    return subject;
}

struct rounds_sizes_on_free_only final : pass_through {
    using pass_through::pass_through;
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(p, (bytes + 7) / 8 * 8, alignment);
    }
};

struct forgets_alignment final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t) override { return upstream_->allocate(bytes, 16); }
    void  do_deallocate(void* p, std::size_t bytes, std::size_t) override { upstream_->deallocate(p, bytes, 16); }
};

struct null_for_zero final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return bytes == 0 ? nullptr : upstream_->allocate(bytes, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        if (p != nullptr) upstream_->deallocate(p, bytes, alignment);
    }
};

struct overflows final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return upstream_->allocate(bytes + 64, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(p, bytes + 64, alignment);
    }
};

struct writes_past_the_end final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* p = upstream_->allocate(bytes, alignment);
        static_cast<volatile unsigned char*>(p)[bytes] = 1;
        return p;
    }
};

struct equals_all final : pass_through {
    using pass_through::pass_through;
    bool do_is_equal(const std::pmr::memory_resource&) const noexcept override { return true; }
};

/// Counts before it asks, and forgets to take that back.
struct books_too_early final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        live += bytes;
        return upstream_->allocate(bytes, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(p, bytes, alignment);
        live -= bytes;
    }
    std::size_t live = 0;
};

/// Takes a second block for itself and loses it when the first fails.
struct leaks_when_refused final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* own = upstream_->allocate(8, 8);
        void* p = upstream_->allocate(bytes, alignment);
        upstream_->deallocate(own, 8, 8);
        return p;
    }
};

struct never_gives_back final : pass_through {
    using pass_through::pass_through;
    void do_deallocate(void*, std::size_t, std::size_t) override {}
};

/// Gives the block that was freed last to the next who asks, whatever it asks for.
struct hands_out_twice final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (bytes != 0 && bytes < 300 && alignment <= 16) return room;
        return upstream_->allocate(bytes, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        if (p != room) upstream_->deallocate(p, bytes, alignment);
    }
    alignas(64) unsigned char room[300];
};

/// Carves blocks out of room of its own; their sizes are rounded down where they should be rounded up.
struct overlaps final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (bytes < 16 || bytes > 64 || alignment != 8 || used + 64 > sizeof room)
            return upstream_->allocate(bytes, alignment);
        void* p = room + used;
        used += bytes / 8 * 8;
        return p;
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        if (p < room || p >= room + sizeof room) upstream_->deallocate(p, bytes, alignment);
    }
    alignas(64) unsigned char room[100000];
    std::size_t used = 0;
};

/// Keeps what was freed for the next of that size, and forgets how it was aligned.
struct forgets_alignment_of_kept final : pass_through {
    using pass_through::pass_through;
    ~forgets_alignment_of_kept() override {
        for (const auto& [bytes, kept] : free) upstream_->deallocate(kept.first, bytes, kept.second);
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        const auto found = free.find(bytes);
        if (found == free.end()) return upstream_->allocate(bytes, alignment);
        void* p = found->second.first;
        free.erase(found);
        return p;
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override { free.insert({bytes, {p, alignment}}); }
    std::multimap<std::size_t, std::pair<void*, std::size_t>> free;
};

/// A pool of one size, sound but for what Forgetful changes: every 50th block enters its free list twice.
template <bool Forgetful>
struct little_pool final : pass_through {
    using pass_through::pass_through;
    ~little_pool() override {
        for (void* p : all) upstream_->deallocate(p, 512, 16);
    }
    static bool mine(std::size_t bytes, std::size_t alignment) {
        return bytes <= 512 && (alignment == 8 || alignment == 16);
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (!mine(bytes, alignment)) return upstream_->allocate(bytes, alignment);
        if (free.empty()) {
            all.push_back(nullptr);
            try {
                all.back() = upstream_->allocate(512, 16);
            } catch (...) {
                all.pop_back();
                throw;
            }
            return all.back();
        }
        void* p = free.back();
        free.pop_back();
        return p;
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        if (!mine(bytes, alignment)) return upstream_->deallocate(p, bytes, alignment);
        free.push_back(p);
        if (Forgetful && ++freed % 50 == 0) free.push_back(p);
    }
    std::vector<void*> all, free;
    unsigned           freed = 0;
};

/// A free list for one thread that says it is for any. It writes to nothing but its own members: the suite must find what
/// threads do to it, and not by a crash.
struct races final : pass_through {
    explicit races(std::pmr::memory_resource* upstream) : pass_through(upstream) {
        for (unsigned i = 0; i != slots; ++i) free[i] = i;
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        const unsigned now = top;
        if (bytes > slot || (alignment != 8 && alignment != 16) || now == slots)
            return upstream_->allocate(bytes, alignment);
        std::this_thread::yield();  // and another thread takes the same one
        void* p = room + std::size_t{free[now]} * slot;
        top = now + 1;
        return p;
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        auto* at = static_cast<unsigned char*>(p);
        if (at < room || at >= room + sizeof room) return upstream_->deallocate(p, bytes, alignment);
        const unsigned now = top;
        if (now == 0) return;
        free[now - 1] = static_cast<unsigned>(static_cast<std::size_t>(at - room) / slot);
        top = now - 1;
    }
    static constexpr unsigned slots = 256, slot = 320;
    alignas(64) unsigned char room[slots * slot];
    std::atomic<unsigned> top{0}, free[slots];
};

/// Keeps something for each thread that ever came.
struct remembers_threads final : pass_through {
    using pass_through::pass_through;
    ~remembers_threads() override {
        for (void* p : kept) upstream_->deallocate(p, 64, 8);
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        thread_local const remembers_threads* known = nullptr;
        if (known != this) {
            const std::lock_guard hold(lock);
            kept.push_back(upstream_->allocate(64, 8));
            known = this;
        }
        return upstream_->allocate(bytes, alignment);
    }
    std::mutex         lock;
    std::vector<void*> kept;
};

/// Knows the most that was live at a time, in any of its kind: what it takes to serve, padding for alignment included.
struct remembers_the_most final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* const           p = upstream_->allocate(bytes, alignment);
        const std::lock_guard hold(lock);
        most = std::max(most, live += bytes + alignment);
        return p;
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        {
            const std::lock_guard hold(lock);
            live -= bytes + alignment;
        }
        upstream_->deallocate(p, bytes, alignment);
    }
    std::mutex                lock;
    std::size_t               live = 0;
    static inline std::size_t most = 0;
};

/// Refuses on every thread but its maker's, after so many requests of that thread.
template <unsigned Served>
struct refuses_elsewhere final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        thread_local unsigned asked = 0;
        if (std::this_thread::get_id() != maker && asked++ >= Served) throw std::bad_alloc();
        return upstream_->allocate(bytes, alignment);
    }
    const std::thread::id maker = std::this_thread::get_id();
};

/// Its count goes down by what was asked for, and up by what was rounded.
struct miscounts final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* p = upstream_->allocate(bytes, alignment);
        live += (bytes + 7) / 8 * 8;
        return p;
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(p, bytes, alignment);
        live -= bytes;
    }
    std::size_t live = 0;
};

}  // namespace mutants
