// A client and a server of HTTP/2, each session with a budget of its own: one asks for the other's licence texts until its own is
// used up, and hears of it as an error.
#include <autopmr/adapters/nghttp2.hpp>
#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

static nghttp2_nv header(const char* name, const std::string& value) {
    return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name)), reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
            std::strlen(name), value.size(), NGHTTP2_NV_FLAG_NONE};
}

int main() {
    const char* const texts = "/usr/share/common-licenses";
    std::error_code   none;
    if (std::filesystem::is_empty(texts, none) || none) return std::puts("skipped: no licence texts are here"), 77;
    nghttp2_session_callbacks* callbacks = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) return 1;
    int requests = 0, answer = 0;
    // [session]
    autopmr::limit_resource budget(64 << 10);  // of one session
    autopmr::c_heap         heap(&budget);
    nghttp2_mem             memory = autopmr::nghttp2_memory(heap);
    nghttp2_session*        session = nullptr;
    if (nghttp2_session_client_new3(&session, callbacks, nullptr, nullptr, &memory) != 0) return 1;  // NGHTTP2_ERR_NOMEM
    // [/session]
    const std::string method = "GET", scheme = "https", host = "example.org";
    while (answer >= 0)  // nobody sends them: they wait in the session
        for (const auto& entry : std::filesystem::directory_iterator(texts)) {
            const std::string path = entry.path().string();
            const nghttp2_nv  headers[] = {header(":method", method), header(":scheme", scheme), header(":authority", host), header(":path", path)};
            answer = nghttp2_submit_request(session, nullptr, headers, 4, nullptr, nullptr);
            if (answer < 0) break;
            ++requests;
        }
    std::printf("%d requests wait in a session of 64 KiB; the next: %s\n", requests, nghttp2_strerror(answer));
    nghttp2_session_del(session);
    nghttp2_session_callbacks_del(callbacks);
    return answer == NGHTTP2_ERR_NOMEM && requests > 50 && budget.observer().now().live == 0 ? 0 : 1;
}
