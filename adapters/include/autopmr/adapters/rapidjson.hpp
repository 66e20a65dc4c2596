#pragma once
/// \file
/// RapidJSON over a resource, document by document.
///
/// `rapidjson_allocator from(&pool); rapidjson_pool values(65536, &from); rapidjson_document all(&values, 1024, &from)`. A rapidjson_pool
/// takes chunks and is done with them all at once, as RapidJSON's own; a rapidjson_allocator by itself frees each value. RapidJSON
/// frees without a context, so a block has its resource and its size before it, 16 bytes.
///
/// As thread-safe, and as safe in a forked child, as the resource. RapidJSON looks at no allocation: what the resource throws is
/// thrown through it, all of it C++, and the document destroys what it has. Its default constructor takes std::pmr's default.

#include <autopmr/errors.hpp>

#include <rapidjson/document.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <new>

namespace autopmr {

class rapidjson_allocator {
public:
    static const bool kNeedFree = true;

    rapidjson_allocator() noexcept : upstream_(std::pmr::get_default_resource()) {}
    explicit rapidjson_allocator(std::pmr::memory_resource* upstream) noexcept : upstream_(upstream) {}

    void* Malloc(std::size_t bytes) {
        if (bytes == 0) return nullptr;
        if (bytes > PTRDIFF_MAX - sizeof(header)) throw_out_of_memory(bytes, alignof(header), "rapidjson_allocator");
        return new (upstream_->allocate(sizeof(header) + bytes, alignof(header))) header{upstream_, bytes} + 1;
    }
    void* Realloc(void* block, std::size_t old_bytes, std::size_t bytes) {
        if (block != nullptr && bytes != 0 && bytes <= old_bytes && bytes >= old_bytes / 2) return block;
        void* const moved = Malloc(bytes);
        if (block != nullptr && moved != nullptr) std::memcpy(moved, block, std::min(old_bytes, bytes));
        Free(block);
        return moved;
    }
    static void Free(void* block) noexcept {
        if (block == nullptr) return;
        header* const about = static_cast<header*>(block) - 1;
        about->resource->deallocate(about, sizeof(header) + about->bytes, alignof(header));
    }

private:
    struct alignas(16) header {
        std::pmr::memory_resource* resource;
        std::size_t                bytes;
    };
    std::pmr::memory_resource* upstream_;
};

using rapidjson_pool = rapidjson::MemoryPoolAllocator<rapidjson_allocator>;
using rapidjson_document = rapidjson::GenericDocument<rapidjson::UTF8<>, rapidjson_pool, rapidjson_allocator>;

}  // namespace autopmr
