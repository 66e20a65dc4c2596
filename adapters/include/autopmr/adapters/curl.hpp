#pragma once
/// \file
/// libcurl over a memory_resource: instead of curl_global_init.
///
/// Call it once, before any other use of libcurl, and curl_global_cleanup when done, as ever: after the last one nothing is left.
/// libcurl allocates from any thread (its resolver's, too), so the resource must be safe from any and never be let go.
///
/// One thread, at start: with libcurl older than 7.84 curl_global_init is not thread-safe. In a forked child as the resource.
/// Nothing throws: what can't be done is an answer, and what the resource refuses is CURLE_OUT_OF_MEMORY.

#include <autopmr/adapters/static_heap.hpp>

#include <curl/curl.h>

#include <atomic>

namespace autopmr {

struct curl_library {
    /// libcurl says yes to hooks that come too late, and does not take them: whether it did shows here.
    static char* strdup(const char* text) noexcept {
        taken.store(true, std::memory_order_relaxed);
        return static_heap<curl_library>::strdup(text);
    }
    static inline std::atomic<bool> taken{false};
};

/// `flags` as for curl_global_init. `too_late`: libcurl was in use already, and stays as it was.
template <class Resource, class... Assume>
install_answer install_in_curl(Resource& immortal, const char* who, long flags = CURL_GLOBAL_DEFAULT, Assume... assume) noexcept {
    using heap = static_heap<curl_library>;
    install_answer answer = heap::install(immortal, who, assume...);
    if (!answer) return answer;
    if (curl_global_init_mem(flags, heap::malloc, heap::free, heap::realloc, curl_library::strdup, heap::calloc) != CURLE_OK) {
        answer.what = install_answer::refused_by_library;
    } else {
        curl_slist_free_all(curl_slist_append(nullptr, ""));
        if (curl_library::taken) return answer;
        curl_global_cleanup();  // of the count that it has just raised
        answer.what = install_answer::too_late;
    }
    heap::withdraw();
    return answer;
}

}  // namespace autopmr
