#pragma once
/// \file
/// Asking an upstream that may refuse, where the refusal is not the end. Where the library is built without exceptions a
/// refusal can't be seen: it is the end.

#include <autopmr/resource_ptr.hpp>

#include <cstddef>
#include <exception>
#include <memory_resource>
#include <new>

namespace autopmr {

/// Null, and `why`, where `from` threw a std::bad_alloc; what else it throws passes.
inline void* attempt(
    resource_ptr& from, std::size_t bytes, std::size_t alignment, [[maybe_unused]] std::exception_ptr& why) {
#if defined(__cpp_exceptions)
    try {
        return from.allocate(bytes, alignment);
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
