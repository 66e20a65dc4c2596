// A licence text (package base-files) over loopback and back: the memory of each operation of the server comes from a resource.
#include <autopmr/adapters/asio.hpp>
#include <autopmr/autopmr.hpp>

#include <boost/asio.hpp>

#include <cstddef>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

namespace asio = boost::asio;
using asio::ip::tcp;

struct echo {
    tcp::socket               socket;
    std::pmr::memory_resource* operations;
    char                      buffer[4096];

    // [asio]
    void go_on() {
        socket.async_read_some(asio::buffer(buffer), autopmr::bind_resource(operations, [this](auto ended, std::size_t n) {
            if (ended) return;
            asio::async_write(socket, asio::buffer(buffer, n), autopmr::bind_resource(operations, [this](auto failed, std::size_t) {
                if (!failed) go_on();
            }));
        }));
    }
    // [/asio]
};

int main() {
    std::ifstream     file("/usr/share/common-licenses/GPL-3");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.empty()) return std::puts("skipped: no licence text is here"), 77;
    autopmr::statistics_resource counted(std::pmr::new_delete_resource());
    std::string                  heard(text.size(), ' ');
    {
        asio::io_context io(1);
        tcp::acceptor    acceptor(io, {asio::ip::address_v4::loopback(), 0});
        tcp::socket      client(io);
        echo             server{tcp::socket(io), &counted, {}};
        acceptor.async_accept(server.socket, [&](auto failed) {
            if (!failed) server.go_on();
        });
        client.async_connect(acceptor.local_endpoint(), [&](auto) {
            asio::async_write(client, asio::buffer(text), [&](auto, std::size_t) {
                boost::system::error_code ignored;
                client.shutdown(tcp::socket::shutdown_send, ignored);
            });
            asio::async_read(client, asio::buffer(heard), [](auto, std::size_t) {});
        });
        io.run();
    }
    const auto now = counted.observer().now();
    std::printf("%zu bytes came back; the server's operations took %zu times memory from the resource\n", heard.size(), std::size_t(now.count));
    return heard == text && now.count >= 3 && now.live == 0 ? 0 : 1;
}
