#include <autopmr/adapters/nghttp2.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/adapters/support/keeps_books.hpp"

namespace {

using autopmr_test::outcome;

struct peer {
    nghttp2_session* session = nullptr;
    int              streams_closed = 0;
    bool             no_memory = false;  // in a callback
    ~peer() { nghttp2_session_del(session); }
};

nghttp2_nv header(const char* name, std::string_view value) {
    return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name)), reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
            std::char_traits<char>::length(name), value.size(), NGHTTP2_NV_FLAG_NONE};
}

int answer(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    const nghttp2_nv headers[] = {header(":status", "200"), header("server", "a name that is in no table of HPACK's")};
    const int        code = nghttp2_submit_response(session, frame->hd.stream_id, headers, 2, nullptr);
    if (code == 0) return 0;
    REQUIRE(code == NGHTTP2_ERR_NOMEM);
    static_cast<peer*>(self)->no_memory = true;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}
int closed(nghttp2_session*, std::int32_t, std::uint32_t, void* self) { return ++static_cast<peer*>(self)->streams_closed, 0; }

/// Whether memory ran out; anything else that is wrong fails the test.
bool refused(std::int64_t code, const peer& of) {
    if (code >= 0) return false;
    REQUIRE((code == NGHTTP2_ERR_NOMEM || (code == NGHTTP2_ERR_CALLBACK_FAILURE && of.no_memory)));
    return true;
}

/// All that one has to say, into the other. True where memory ran out.
bool pass_on(peer& from, peer& to, bool& said) {
    for (;;) {
        const std::uint8_t* bytes = nullptr;
        const auto          size = nghttp2_session_mem_send(from.session, &bytes);
        if (refused(size, from)) return true;
        if (size == 0) return false;
        said = true;
        if (refused(nghttp2_session_mem_recv(to.session, bytes, static_cast<std::size_t>(size)), to)) return true;
    }
}

struct callbacks {
    nghttp2_session_callbacks* all = nullptr;
    callbacks() {
        REQUIRE(nghttp2_session_callbacks_new(&all) == 0);
        nghttp2_session_callbacks_set_on_frame_recv_callback(all, answer);
        nghttp2_session_callbacks_set_on_stream_close_callback(all, closed);
    }
    ~callbacks() { nghttp2_session_callbacks_del(all); }
};

/// Thirty requests and their responses between two sessions.
outcome round(nghttp2_mem memory) {
    const callbacks on;
    peer            client, server;
    if (refused(nghttp2_session_client_new3(&client.session, on.all, &client, nullptr, &memory), client) ||
        refused(nghttp2_session_server_new3(&server.session, on.all, &server, nullptr, &memory), server) ||
        refused(nghttp2_submit_settings(client.session, NGHTTP2_FLAG_NONE, nullptr, 0), client) ||
        refused(nghttp2_submit_settings(server.session, NGHTTP2_FLAG_NONE, nullptr, 0), server))
        return outcome::out_of_memory;
    for (int i = 0; i < 30; ++i) {
        const std::string path = "/a/path/of/its/own/" + std::to_string(i);
        const nghttp2_nv  headers[] = {header(":method", "GET"), header(":scheme", "https"), header(":authority", "example.org"), header(":path", path)};
        if (refused(nghttp2_submit_request(client.session, nullptr, headers, 4, nullptr, nullptr), client)) return outcome::out_of_memory;
        for (bool said = true; said;) {
            said = false;
            if (pass_on(client, server, said) || pass_on(server, client, said)) return outcome::out_of_memory;
        }
    }
    return client.streams_closed == 30 && server.streams_closed == 30 ? outcome::served : outcome::out_of_memory;
}

}  // namespace

TEST_CASE("nghttp2: the traffic is a session's own, and each refusal its own error") {
    const auto got = autopmr_test::keeps_books(
        [](autopmr::c_heap& heap) { return round(autopmr::nghttp2_memory(heap)); },
        [](autopmr_test::plain_heap& plain) {
            return round({&plain, [](std::size_t bytes, void* of) { return static_cast<autopmr_test::plain_heap*>(of)->malloc(bytes); },
                          [](void* block, void* of) { static_cast<autopmr_test::plain_heap*>(of)->free(block); },
                          [](std::size_t n, std::size_t bytes, void* of) { return static_cast<autopmr_test::plain_heap*>(of)->calloc(n, bytes); },
                          [](void* block, std::size_t bytes, void* of) { return static_cast<autopmr_test::plain_heap*>(of)->realloc(block, bytes); }});
        });
    CHECK(got.traffic >= 90);
    CHECK(got.errors == got.rounds);
}
