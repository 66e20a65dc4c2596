#include <autopmr/adapters/asio.hpp>

#include "tests/adapters/support/each_failure.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http.hpp>

#include <chrono>
#include <string>

namespace asio = boost::asio;
using autopmr_test::outcome;
using autopmr_test::traffic;

TEST_CASE("each operation takes its memory from the handler's resource, and gives it back") {
    traffic at;
    {
        asio::io_context io;
        int              ran = 0;
        for (int i = 0; i != 1000; ++i) asio::post(io, autopmr::bind_resource(&at, [&ran] { ++ran; }));
        asio::steady_timer timer(io, std::chrono::milliseconds(1));
        timer.async_wait(autopmr::bind_resource(&at, [&ran](auto) { ++ran; }));
        CHECK(at.now().allocations == 1001);
        CHECK(at.now().live == 1001);
        io.run();
        CHECK(ran == 1001);
    }
    CHECK(at.settled());
}

TEST_CASE("a refusal reaches who starts an operation, and the others go on") {
    traffic    at;
    const auto all = autopmr_test::each_failure(at, [](traffic& from) {
        asio::io_context io;
        int              ran = 0, refused = 0;
        auto             work = asio::make_work_guard(io);  // else a refused first post stops the context: it had work, and has none
        for (int i = 0; i != 20; ++i) {
            try {
                asio::post(io, autopmr::bind_resource(&from, [&ran] { ++ran; }));
            } catch (const std::bad_alloc&) {
                ++refused;
            }
        }
        work.reset();
        io.run();
        REQUIRE(ran + refused == 20);
        return refused == 0 ? outcome::served : outcome::out_of_memory;
    });
    CHECK(all.traffic == 20);
    CHECK(all.errors == 20);
}

TEST_CASE("a message's head and body, and the buffer it comes in, are in their resource") {
    const std::string text = "POST /x HTTP/1.1\r\nHost: example\r\nContent-Length: 100\r\nX-Long: " + std::string(200, 'x') + "\r\n\r\n" +
                             std::string(100, 'b');
    traffic    at;
    const auto all = autopmr_test::each_failure_throws(at, [&](traffic& from) {
        autopmr::beast::flat_buffer buffer{autopmr::beast::allocator(&from)};
        const auto                  room = buffer.prepare(text.size());
        asio::buffer_copy(room, asio::buffer(text));
        buffer.commit(text.size());
        auto                      parser = autopmr::beast::make<autopmr::beast::request_parser>(&from);
        boost::system::error_code wrong;
        parser.eager(true);
        while (!parser.is_done() && !wrong) buffer.consume(parser.put(buffer.data(), wrong));
        REQUIRE_FALSE(wrong);
        const autopmr::beast::request request = parser.release();
        REQUIRE(request.body() == std::string_view(text).substr(text.size() - 100));
        REQUIRE(request.body().get_allocator().resource() == &from);
    });
    CHECK(all.traffic >= 4);  // buffer, fields, body
    auto answer = autopmr::beast::make<autopmr::beast::response>(&at);
    answer.set(boost::beast::http::field::server, "a name that is too long for anything small, and that is kept");
    answer.body() = "a body that is too long to stay inside of the string itself";
    CHECK(at.now().live >= 2);
}
