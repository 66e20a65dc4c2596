// An echo over loopback: the memory of each operation comes from a resource.
#include <autopmr/adapters/asio.hpp>
#include <autopmr/autopmr.hpp>

#include <boost/asio.hpp>

#include <cstdio>
#include <string>

namespace asio = boost::asio;
using asio::ip::tcp;

int main() {
    autopmr::statistics_resource counted(std::pmr::new_delete_resource());
    std::string                  heard(5, ' ');
    {
        asio::io_context io(1);
        tcp::acceptor    acceptor(io, {asio::ip::address_v4::loopback(), 0});
        tcp::socket      client(io), server(io);
        char             buffer[64];
        // [asio]
        acceptor.async_accept(server, autopmr::bind_resource(&counted, [&](auto failed) {
            if (failed) return;
            server.async_read_some(asio::buffer(buffer), autopmr::bind_resource(&counted, [&](auto, std::size_t n) {
                asio::async_write(server, asio::buffer(buffer, n), autopmr::bind_resource(&counted, [](auto, std::size_t) {}));
            }));
        }));
        // [/asio]
        client.async_connect(acceptor.local_endpoint(), [&](auto) {
            asio::async_write(client, asio::buffer("hello", 5), [&](auto, std::size_t) {
                asio::async_read(client, asio::buffer(heard), [](auto, std::size_t) {});
            });
        });
        io.run();
    }
    std::printf("heard %s, %zu operations' memory from the resource\n", heard.c_str(), std::size_t(counted.observer().now().count));
    return heard == "hello" && counted.observer().now().count >= 3 && counted.observer().now().live == 0 ? 0 : 1;
}
