#pragma once
/// \file
/// Asking an upstream that may refuse, where the refusal is not the end. Where the library is built without exceptions a
/// refusal can't be seen: it is the end.

#include <autopmr/errors.hpp>
#include <autopmr/resource_ptr.hpp>

#include <cstddef>
#include <exception>
#include <memory_resource>
#include <new>

namespace autopmr {

/// Null, and `why`, where `from` threw a std::bad_alloc; what else it throws passes, and so does what is no want of memory: a bad
/// alignment, a wrong thread.
inline void* attempt(
    resource_ptr& from, std::size_t bytes, std::size_t alignment, [[maybe_unused]] std::exception_ptr& why) {
#if defined(__cpp_exceptions)
    try {
        return from.allocate(bytes, alignment);
    } catch (const bad_alignment&) {
        throw;
    } catch (const wrong_thread&) {
        throw;
    } catch (const std::bad_alloc&) {
        why = std::current_exception();
        return nullptr;
    }
#else
    return from.allocate(bytes, alignment);
#endif
}

/// Null whatever `from` threw: for callers that are C and can take no exception.
inline void* allocate_or_null(std::pmr::memory_resource& from, std::size_t bytes, std::size_t alignment) noexcept {
#if defined(__cpp_exceptions)
    try {
        return from.allocate(bytes, alignment);
    } catch (...) {
        return nullptr;
    }
#else
    return from.allocate(bytes, alignment);
#endif
}

}  // namespace autopmr
