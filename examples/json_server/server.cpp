#include "server.hpp"

#include <boost/asio.hpp>
#include <boost/beast/http.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

namespace json_server {
namespace {

constexpr std::size_t places = 64, buffer_bytes = 8192, most_header = 4096, most_dropped = 4 << 20;
constexpr auto        awaited = asio::as_tuple(asio::use_awaitable);

// What became of a request: it was answered and the connection goes on, or is over; else the status it is refused with.
constexpr unsigned goes_on = 0, over = 1;

constexpr const char* why(unsigned status) {
    switch (status) {
        case 400: return "this is no HTTP request";
        case 411: return "a body needs its Content-Length";
        case 413: return "this connection's memory limit is spent";
        case 431: return "the head of the request is too large";
        default: return "something went wrong here";
    }
}

autopmr::subsystem_resource& limited(const std::string& name, std::size_t limit) {
    autopmr::subsystem_options wanted;
    wanted.limit = limit;
    autopmr::configure(name, wanted).value_or_throw();
    return autopmr::subsystem(name);
}

// Not a comparison that ends at the first difference: that would tell how much was right.
bool same(std::string_view given, const autopmr::secret_vector<char>& token) {
    unsigned char differs = given.size() != token.size();
    for (std::size_t i = 0; i != token.size(); ++i) differs |= static_cast<unsigned char>(token[i] ^ (i < given.size() ? given[i] : 0));
    return differs == 0;
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

void head(std::pmr::string& out, const answer& said, std::size_t size, bool keep) {
    out.append("HTTP/1.1 ").append(std::to_string(said.status)).append(" ").append(http::obsolete_reason(static_cast<http::status>(said.status)));
    if (!said.allow.empty()) out.append("\r\nAllow: ").append(said.allow);
    out.append("\r\nContent-Type: ").append(said.type).append("\r\nContent-Length: ").append(std::to_string(size));
    out.append(keep ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
}

}  // namespace

server::server(const options& given) : options_(given), languages_(given.data), token_(), places_(places) {
    if (char* const token = std::getenv("JSON_SERVER_TOKEN")) {
        token_.assign(token, token + std::strlen(token));
        ::explicit_bzero(token, token_.size());  // else /proc shows it for as long as the program runs
        ::unsetenv("JSON_SERVER_TOKEN");
    }
    for (std::size_t i = 0; i != places; ++i)
        places_[i].memory = &limited("json_server.connection." + std::to_string(i), options_.connection_limit);
}

// A request is read into the connection's guarded buffer: first all of its head, then, piece by piece, its body into memory of
// the request.
asio::awaitable<unsigned> server::serve_one(beast::tcp_stream& client, std::pmr::vector<char>& buffer, std::size_t& filled, std::pmr::memory_resource& memory) {
    using fields = http::basic_fields<std::pmr::polymorphic_allocator<char>>;
    client.expires_after(std::chrono::seconds(options_.patience));  // for all of the request: who sends a byte now and then does not keep its place
    http::request_parser<http::empty_body, std::pmr::polymorphic_allocator<char>> parser{
        std::piecewise_construct, std::make_tuple(), std::make_tuple(std::pmr::polymorphic_allocator<char>(&memory))};
    parser.header_limit(most_header);
    parser.body_limit(boost::none);  // the connection's memory is the limit
    parser.eager(false);
    boost::system::error_code wrong;
    for (;;) {
        const std::size_t used = parser.put(asio::buffer(buffer.data(), filled), wrong);
        std::memmove(buffer.data(), buffer.data() + used, filled -= used);
        if (parser.is_header_done()) break;
        if (wrong == http::error::header_limit || filled == buffer.size()) co_return 431;
        if (wrong && wrong != http::error::need_more) co_return 400;
        const auto [failed, got] = co_await client.async_read_some(asio::buffer(buffer.data() + filled, buffer.size() - filled), awaited);
        if (failed) co_return over;
        filled += got;
    }
    const http::request<http::empty_body, fields>& request = parser.get();
    if (request.count(http::field::transfer_encoding) != 0) co_return 411;  // else its body would be taken for the next request
    std::size_t      rest = parser.content_length() ? static_cast<std::size_t>(*parser.content_length()) : 0;
    std::pmr::string body(&memory), out(&memory), whole(&memory);
    while (rest != 0) {
        const std::size_t now = std::min(rest, filled);
        body.append(buffer.data(), now);  // a request that is too large for its connection is refused here
        std::memmove(buffer.data(), buffer.data() + now, filled -= now);
        if ((rest -= now) == 0) break;
        const auto [failed, got] = co_await client.async_read_some(asio::buffer(buffer), awaited);
        if (failed) co_return over;
        filled = got;
    }
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view     shown = view(request[http::field::authorization]);
    const bool                 allowed = !token_.empty() && shown.starts_with(scheme) && same(shown.substr(scheme.size()), token_);
    const answer said = respond(languages_, {view(request.method_string()), view(request.target()), body, allowed}, memory, out);
    const bool   keep = request.keep_alive();
    head(whole, said, out.size(), keep);
    if (request.method() != http::verb::head) whole += out;
    client.expires_after(std::chrono::seconds(options_.patience));
    const auto [failed, sent] = co_await asio::async_write(client, asio::buffer(whole.data(), whole.size()), awaited);
    co_return keep && !failed ? goes_on : over;
}

// Needs no memory of the connection: there may be none.
asio::awaitable<void> server::refuse(beast::tcp_stream& client, unsigned status, std::pmr::vector<char>& buffer) {
    char       text[256];
    const auto reason = http::obsolete_reason(static_cast<http::status>(status));
    const int  bytes = std::snprintf(text, sizeof text, "HTTP/1.1 %u %.*s\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n{\"error\": \"%s\"}\n",
                                     status, static_cast<int>(reason.size()), reason.data(), std::strlen(why(status)) + 14, why(status));
    client.expires_after(std::chrono::seconds(options_.patience));
    co_await asio::async_write(client, asio::buffer(text, static_cast<std::size_t>(bytes)), awaited);
    boost::system::error_code ignored;
    client.socket().shutdown(tcp::socket::shutdown_send, ignored);
    // What it still sends is dropped, as far as that is bearable: closed before, it may never see the answer.
    for (std::size_t dropped = 0; dropped < most_dropped;) {
        const auto [failed, got] = co_await client.async_read_some(asio::buffer(buffer), awaited);
        if (failed) break;
        dropped += got;
    }
}

asio::awaitable<void> server::serve(beast::tcp_stream client, taken_place here) {
    std::pmr::vector<char> buffer(buffer_bytes, &guarded_);
    std::size_t            filled = 0;
    autopmr::arena_resource    arena(here->memory);  // takes nothing until it is asked
    std::pmr::memory_resource& memory = options_.arenas ? static_cast<std::pmr::memory_resource&>(arena) : *here->memory;
    unsigned                   said = goes_on;
    while (said == goes_on) {
        try {
            said = co_await serve_one(client, buffer, filled, memory);
        } catch (const std::bad_alloc&) {  // only this connection's budget
            said = 413;
        } catch (const std::exception&) {
            said = 500;
        }
        arena.reset();
    }
    if (said != over) co_await refuse(client, said, buffer);
    boost::system::error_code ignored;
    client.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

asio::awaitable<void> server::accept(tcp::acceptor& at) {
    asio::steady_timer later(at.get_executor());
    for (;;) {
        const asio::any_io_executor one_at_a_time = asio::make_strand(at.get_executor());  // a connection's reads and its deadline
        auto [failed, socket] = co_await at.async_accept(one_at_a_time, awaited);
        if (failed) {  // one that has gone again, or no descriptor for it: neither lasts
            later.expires_after(std::chrono::milliseconds(20));
            co_await later.async_wait(awaited);
            continue;
        }
        boost::system::error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        for (place& one : places_)
            if (!one.taken.exchange(true)) {
                asio::co_spawn(one_at_a_time, serve(beast::tcp_stream(std::move(socket)), taken_place(&one)), asio::detached);
                break;
            }
        // With no place free the socket is closed as it goes: the client sees that, and the others go on.
    }
}

void server::run() {
    {
        asio::io_context io;
        tcp::acceptor    acceptor(io, {asio::ip::address_v4::loopback(), options_.port});
        asio::signal_set ends(io, SIGINT, SIGTERM);
        ends.async_wait([&](auto, auto) { io.stop(); });
        asio::co_spawn(io, accept(acceptor), asio::detached);
        std::printf("listening on 127.0.0.1:%u\n", acceptor.local_endpoint().port());
        std::fflush(stdout);
        std::vector<std::thread> others;
        for (unsigned i = 1; i < options_.threads; ++i) others.emplace_back([&] { io.run(); });
        io.run();
        for (std::thread& other : others) other.join();
    }  // connections that are still open end here, and give back what they have
    std::fputs(autopmr::subsystem_table().c_str(), stdout);
}

}  // namespace json_server
