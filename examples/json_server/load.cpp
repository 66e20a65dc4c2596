// A bounded load for the server: N connections that ask M times each, and how long the answers took.
#include <boost/asio.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr const char* targets[] = {"/language?code=deu", "/search?q=German", "/language?code=eng", "/search?q=Old", "/language?code=xxx"};

// Microseconds of each answer.
std::vector<double> ask(unsigned short port, int times) {
    asio::io_context    io;
    tcp::socket         socket(io);
    std::vector<double> took;
    std::string         in;
    socket.connect({asio::ip::address_v4::loopback(), port});
    socket.set_option(tcp::no_delay(true));
    for (int i = 0; i != times; ++i) {
        const std::string out = std::string("GET ") + targets[i % std::size(targets)] + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
        const auto        start = std::chrono::steady_clock::now();
        asio::write(socket, asio::buffer(out));
        in.clear();
        const std::size_t head = asio::read_until(socket, asio::dynamic_buffer(in), "\r\n\r\n");
        const std::size_t length = std::strtoul(in.c_str() + in.find("Content-Length: ") + 16, nullptr, 10);
        if (in.size() < head + length) {
            const std::size_t have = in.size();
            in.resize(head + length);
            asio::read(socket, asio::buffer(in.data() + have, head + length - have));
        }
        took.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    }
    return took;
}

}  // namespace

int main(int count, char** words) try {
    if (count != 4) return std::puts("json_server_load PORT CONNECTIONS REQUESTS"), 2;
    const auto                       port = static_cast<unsigned short>(std::atoi(words[1]));
    const int                        connections = std::atoi(words[2]), times = std::atoi(words[3]);
    std::vector<std::vector<double>> each(static_cast<std::size_t>(connections));
    std::vector<std::thread>         threads;
    for (auto& one : each) threads.emplace_back([&one, port, times] { one = ask(port, times); });
    for (std::thread& thread : threads) thread.join();
    std::vector<double> all;
    for (const auto& one : each) all.insert(all.end(), one.begin(), one.end());
    std::sort(all.begin(), all.end());
    const auto at = [&](double share) { return all[std::min(all.size() - 1, static_cast<std::size_t>(share * static_cast<double>(all.size())))]; };
    std::printf("{\"requests\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f}\n", all.size(), at(0.5), at(0.99), at(0.999));
    return all.size() == static_cast<std::size_t>(connections) * static_cast<std::size_t>(times) ? 0 : 1;
} catch (const std::exception& wrong) {
    std::fprintf(stderr, "json_server_load: %s\n", wrong.what());
    return 1;
}
