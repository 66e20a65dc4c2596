#pragma once
/// \file
/// A small HTTP server for JSON: what it keeps, and where each part of it gets its memory.
///
///     json_server                all below: a budget for the whole program
///     json_server.data           the document that is asked about, for as long as the server runs
///     json_server.connection.N   what one connection uses: a limit of its own; an arena over it, anew for each request
///     json_server.token          secret memory
///
/// What comes from a socket lands in a guarded buffer: a parser that reads past it is stopped at the access.

#include <autopmr/adapters/boost_json.hpp>
#include <autopmr/autopmr.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/json.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace json_server {

struct options {
    std::string    data = "/usr/share/iso-codes/json/iso_639-3.json";
    unsigned short port = 0;  ///< 0: any that is free
    unsigned       threads = 2;
    bool           arenas = true;  ///< false: each allocation of a request is the connection's subsystem's
    std::size_t    connection_limit = 256 << 10;  ///< bytes
    unsigned       patience = 30;                 ///< seconds, for a request to come, and for an answer to be taken
};

/// The document, and an index of it by code.
class languages {
public:
    explicit languages(const std::string& file);
    /// Null when there is none of that code.
    [[nodiscard]] const boost::json::object* find(std::string_view code) const;
    [[nodiscard]] const boost::json::array&  all() const noexcept { return *all_; }

private:
    autopmr::boost_resource<>                        storage_;
    boost::json::value                               document_;
    const boost::json::array*                        all_ = nullptr;
    std::pmr::vector<std::pair<std::string_view, const boost::json::object*>> by_code_;
};

/// One of the places for a connection. Subsystems live for ever: a connection that ends leaves its to the next.
struct place {
    autopmr::subsystem_resource* memory = nullptr;
    std::atomic<bool>            taken{false};
};
struct leave {
    void operator()(place* one) const noexcept { one->taken = false; }
};
using taken_place = std::unique_ptr<place, leave>;

class server {
public:
    explicit server(const options& given);

    /// Serves until the program is told to end (SIGINT, SIGTERM).
    void run();

private:
    boost::asio::awaitable<void> accept(boost::asio::ip::tcp::acceptor& at);
    boost::asio::awaitable<void> serve(boost::beast::tcp_stream client, taken_place here);
    boost::asio::awaitable<unsigned> serve_one(boost::beast::tcp_stream& client, std::pmr::vector<char>& buffer, std::size_t& filled, std::pmr::memory_resource& memory);
    boost::asio::awaitable<void> refuse(boost::beast::tcp_stream& client, unsigned status, std::pmr::vector<char>& buffer);

    options                        options_;
    languages                      languages_;
    autopmr::page_guarded_resource guarded_;
    autopmr::secret_vector<char>   token_;
    std::vector<place>             places_;
};

/// What is answered: the body in `out`, which stands on the request's memory. Throws std::bad_alloc where its budget is spent.
struct question {
    std::string_view method, target, body;
    bool             has_token = false;
};
struct answer {
    unsigned         status = 200;
    std::string_view type = "application/json";
    std::string_view allow = {};  ///< the methods, of a 405
};
answer respond(const languages& known, const question& asked, std::pmr::memory_resource& memory, std::pmr::string& out);

/// All subsystems in OpenMetrics' text format.
void append_metrics(std::pmr::string& out);

}  // namespace json_server
