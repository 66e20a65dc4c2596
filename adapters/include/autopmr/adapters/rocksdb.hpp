#pragma once
/// \file
/// RocksDB's block cache over a memory_resource: `options.memory_allocator = rocksdb_allocator::make(resource).allocator;`.
///
/// For each cache by itself, with the resource that suits it (a limit, huge pages). RocksDB allocates and frees on all of its
/// threads, so the resource must be safe from any, and live as long as the cache. In a forked child as the resource. A refusal
/// throws out_of_memory out of RocksDB's call, as its own allocators do. Sizes are bytes; alignment 16.

#include <autopmr/adapters/c_heap_hooks.hpp>
#include <autopmr/adapters/static_heap.hpp>

#include <rocksdb/memory_allocator.h>

#include <cstddef>
#include <memory>
#include <utility>

namespace autopmr {

class rocksdb_allocator final : public rocksdb::MemoryAllocator {
public:
    struct made {
        std::shared_ptr<rocksdb_allocator> allocator;  ///< null where it may not serve
        install_answer                     answer;
    };
    /// `one_thread_only`, or `threads_unknown` unless assumed: the answer. Throws std::bad_alloc.
    [[nodiscard]] static made make(resource_ptr resource) { return make(std::move(resource), false); }
    [[nodiscard]] static made make(resource_ptr resource, assume_any_thread_t) { return make(std::move(resource), true); }

    [[nodiscard]] const char* Name() const override { return "autopmr"; }
    void*       Allocate(std::size_t bytes) override { return c_heap_hooks::or_throw(heap_.malloc(bytes), bytes, "rocksdb"); }
    void        Deallocate(void* block) override { heap_.free(block); }
    std::size_t UsableSize(void* block, std::size_t) const override { return heap_.usable_size(block); }

private:
    explicit rocksdb_allocator(resource_ptr resource) noexcept : heap_(std::move(resource)) {}
    static made make(resource_ptr resource, bool assume) {
        const thread_use threads = resource.threads();
        if (threads == thread_use::one_thread) return {nullptr, {install_answer::one_thread_only}};
        if (threads == thread_use::unknown && !assume) return {nullptr, {install_answer::threads_unknown}};
        return {std::shared_ptr<rocksdb_allocator>(new rocksdb_allocator(std::move(resource))), {}};
    }

    c_heap heap_;
};

}  // namespace autopmr
