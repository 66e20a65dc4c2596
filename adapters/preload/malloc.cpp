// malloc and its family. A null that should not be is ENOMEM, as the C library's.

#include "c_library.hpp"
#include "guard.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace preload = autopmr::preload;

#define EXPORTED extern "C" [[gnu::visibility("default")]]
#define CALLER __builtin_return_address(0)

namespace {

void* or_no_memory(void* block) noexcept {
    if (block == nullptr) errno = ENOMEM;
    return block;
}

bool good_alignment(std::size_t alignment) noexcept { return alignment != 0 && (alignment & (alignment - 1)) == 0; }

std::size_t page_size() noexcept { return 4096; }  // of valloc, which nobody should call

void* take_aligned(std::size_t alignment, std::size_t bytes, const void* caller) noexcept {
    return or_no_memory(preload::take(bytes, std::max(alignment, preload::usual_alignment), caller));
}

void* take_again(void* block, std::size_t bytes, const void* caller) noexcept {
    if (block == nullptr) return or_no_memory(preload::take(bytes, preload::usual_alignment, caller));
    if (!preload::guarded(block)) return __libc_realloc(block, bytes);  // it stays what it is
    if (bytes == 0) {
        preload::give_back(block, 0, 0, caller);
        return nullptr;
    }
    const autopmr::guarded_block old = preload::what_is(block);
    if (old.address != block || old.state != autopmr::block_state::live) {
        preload::give_back(block, 0, 0, caller);  // which reports it
        return or_no_memory(nullptr);
    }
    void* const fresh = preload::take(bytes, preload::usual_alignment, caller);
    if (fresh == nullptr) return or_no_memory(nullptr);
    std::memcpy(fresh, block, std::min(bytes, old.bytes));
    preload::give_back(block, 0, 0, caller);
    return fresh;
}

}  // namespace

std::size_t preload::c_library::usable(void* block) noexcept {
    using function = std::size_t (*)(void*);
    static const auto theirs = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "malloc_usable_size"));
    return theirs != nullptr ? theirs(block) : 0;
}

EXPORTED void* malloc(std::size_t bytes) { return or_no_memory(preload::take(bytes, preload::usual_alignment, CALLER)); }

EXPORTED void free(void* block) {
    if (block == nullptr) return;
    const int before = errno;
    preload::give_back(block, 0, 0, CALLER);
    errno = before;
}

EXPORTED void* calloc(std::size_t count, std::size_t each) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, each, &bytes)) return or_no_memory(nullptr);
    void* const block = preload::take(bytes, preload::usual_alignment, CALLER);
    if (block != nullptr && !preload::guarded(block)) std::memset(block, 0, bytes);  // guarded ones come zeroed
    return or_no_memory(block);
}

EXPORTED void* realloc(void* block, std::size_t bytes) { return take_again(block, bytes, CALLER); }

EXPORTED void* reallocarray(void* block, std::size_t count, std::size_t each) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, each, &bytes)) return or_no_memory(nullptr);
    return take_again(block, bytes, CALLER);
}

EXPORTED void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
    if (!good_alignment(alignment)) return errno = EINVAL, nullptr;
    return take_aligned(alignment, bytes, CALLER);
}

EXPORTED void* memalign(std::size_t alignment, std::size_t bytes) {
    std::size_t rounded = preload::usual_alignment;  // glibc's rounds up what is no power of two
    while (rounded < alignment && rounded <= PTRDIFF_MAX / 2) rounded *= 2;
    return take_aligned(rounded, bytes, CALLER);
}

EXPORTED int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) {
    if (!good_alignment(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
    const int   before = errno;
    void* const block = take_aligned(alignment, bytes, CALLER);
    errno = before;
    if (block == nullptr) return ENOMEM;
    *out = block;
    return 0;
}

EXPORTED void* valloc(std::size_t bytes) { return take_aligned(page_size(), bytes, CALLER); }

EXPORTED void* pvalloc(std::size_t bytes) {
    const std::size_t whole = (bytes + (page_size() - 1)) & ~(page_size() - 1);
    return whole < bytes ? or_no_memory(nullptr) : take_aligned(page_size(), whole, CALLER);
}

EXPORTED std::size_t malloc_usable_size(void* block) {
    if (block == nullptr) return 0;
    return preload::guarded(block) ? preload::what_is(block).bytes : preload::c_library::usable(block);
}
