#include "server.hpp"

#include <boost/asio.hpp>
#include <boost/beast/http.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace json_server {
namespace {

constexpr std::size_t places = 64, buffer_bytes = 8192, most_header = 4096;
constexpr auto        awaited = asio::as_tuple(asio::use_awaitable);

// Ready-made: there is no memory to make it in when it is needed.
constexpr std::string_view too_large =
    "HTTP/1.1 413 Payload Too Large\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 54\r\n\r\n"
    "{\"error\": \"this connection's memory limit is spent\"}\r\n";
static_assert(too_large.size() - too_large.find("\r\n\r\n") - 4 == 54);

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

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

void head(std::pmr::string& out, const answer& said, std::size_t size, bool keep) {
    out.append("HTTP/1.1 ").append(std::to_string(said.status)).append(" ").append(http::obsolete_reason(static_cast<http::status>(said.status)));
    out.append("\r\nContent-Type: ").append(said.type).append("\r\nContent-Length: ").append(std::to_string(size));
    out.append(keep ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
}

}  // namespace

server::server(const options& given) : options_(given), languages_(given.data), token_(), places_(places) {
    const char* const token = std::getenv("JSON_SERVER_TOKEN");
    if (token != nullptr) token_.assign(token, token + std::strlen(token));
    ::unsetenv("JSON_SERVER_TOKEN");
    for (std::size_t i = 0; i != places; ++i)
        places_[i].memory = &limited("json_server.connection." + std::to_string(i), options_.connection_limit);
}

// A request is read into the connection's guarded buffer: first all of its head, then, piece by piece, its body into memory of
// the request. False when the connection is to be closed.
asio::awaitable<bool> server::serve_one(tcp::socket& socket, std::pmr::vector<char>& buffer, std::size_t& filled, std::pmr::memory_resource& memory) {
    using fields = http::basic_fields<std::pmr::polymorphic_allocator<char>>;
    http::request_parser<http::empty_body, std::pmr::polymorphic_allocator<char>> parser{
        std::piecewise_construct, std::make_tuple(), std::make_tuple(std::pmr::polymorphic_allocator<char>(&memory))};
    parser.header_limit(most_header);
    parser.eager(false);
    boost::system::error_code wrong;
    for (;;) {
        const std::size_t used = parser.put(asio::buffer(buffer.data(), filled), wrong);
        std::memmove(buffer.data(), buffer.data() + used, filled -= used);
        if (parser.is_header_done()) break;
        if (wrong && wrong != http::error::need_more) co_return false;
        if (filled == buffer.size()) co_return false;
        const auto [failed, got] = co_await socket.async_read_some(asio::buffer(buffer.data() + filled, buffer.size() - filled), awaited);
        if (failed) co_return false;
        filled += got;
    }
    const http::request<http::empty_body, fields>& request = parser.get();
    const bool                                     keep = request.keep_alive();
    std::pmr::string                               out(&memory), whole(&memory);
    bool                                           spent = false;
    try {
        std::size_t      rest = parser.content_length() ? static_cast<std::size_t>(*parser.content_length()) : 0;
        std::pmr::string body(&memory);
        while (rest != 0) {
            const std::size_t now = std::min(rest, filled);
            body.append(buffer.data(), now);  // a request that is too large for its connection is refused here
            std::memmove(buffer.data(), buffer.data() + now, filled -= now);
            if ((rest -= now) == 0) break;
            const auto [failed, got] = co_await socket.async_read_some(asio::buffer(buffer), awaited);
            if (failed) co_return false;
            filled = got;
        }
        constexpr std::string_view scheme = "Bearer ";
        const std::string_view     shown = view(request[http::field::authorization]);
        const bool                 allowed = !token_.empty() && shown.starts_with(scheme) && same(shown.substr(scheme.size()), token_);
        const answer said = respond(languages_, {view(request.method_string()), view(request.target()), body, allowed}, memory, out);
        head(whole, said, out.size(), keep);
        whole += out;
    } catch (const std::bad_alloc&) {
        spent = true;
    }
    if (spent) {  // only this connection's budget; what it still sends is not read: it is closed
        co_await asio::async_write(socket, asio::buffer(too_large), awaited);
        co_return false;
    }
    const auto [failed, sent] = co_await asio::async_write(socket, asio::buffer(whole.data(), whole.size()), awaited);
    co_return keep && !failed;
}

asio::awaitable<void> server::serve(tcp::socket socket, place& here) {
    std::pmr::vector<char> buffer(buffer_bytes, &guarded_);
    std::size_t            filled = 0;
    try {
        autopmr::arena_resource    arena(here.memory);  // takes nothing until it is asked
        std::pmr::memory_resource& memory = options_.arenas ? static_cast<std::pmr::memory_resource&>(arena) : *here.memory;
        while (co_await serve_one(socket, buffer, filled, memory)) arena.reset();
    } catch (const std::bad_alloc&) {  // a head that its connection has no room for
    }
    boost::system::error_code ignored;
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    here.taken = false;
}

asio::awaitable<void> server::accept(tcp::acceptor& at) {
    for (;;) {
        auto [failed, socket] = co_await at.async_accept(awaited);
        if (failed) co_return;
        socket.set_option(tcp::no_delay(true));
        for (place& one : places_)
            if (!one.taken.exchange(true)) {
                asio::co_spawn(at.get_executor(), serve(std::move(socket), one), asio::detached);
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
