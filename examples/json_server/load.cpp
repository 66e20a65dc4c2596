// A bounded load for the server: N connections that ask M times each, and how long the answers took. With a second server, ROUNDS of
// that for each, in turn: the one is measured beside the other, over connections that stay.
#include <boost/asio.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr const char* targets[] = {"/language?code=deu", "/search?q=German", "/language?code=eng", "/search?q=Old", "/language?code=xxx"};

class client {
public:
    explicit client(unsigned short port) : socket_(io_) {
        socket_.connect({asio::ip::address_v4::loopback(), port});
        socket_.set_option(tcp::no_delay(true));
    }
    // Microseconds of each answer.
    std::vector<double> ask(int times) {
        std::vector<double> took;
        for (int i = 0; i != times; ++i) {
            const std::string out = std::string("GET ") + targets[i % std::size(targets)] + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
            const auto        start = std::chrono::steady_clock::now();
            asio::write(socket_, asio::buffer(out));
            in_.clear();
            const std::size_t head = asio::read_until(socket_, asio::dynamic_buffer(in_), "\r\n\r\n");
            const std::size_t length = std::strtoul(in_.c_str() + in_.find("Content-Length: ") + 16, nullptr, 10);
            if (in_.size() < head + length) {
                const std::size_t have = in_.size();
                in_.resize(head + length);
                asio::read(socket_, asio::buffer(in_.data() + have, head + length - have));
            }
            took.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
        }
        return took;
    }

private:
    asio::io_context io_;
    tcp::socket      socket_;
    std::string      in_;
};

struct server {
    int                port;
    std::deque<client> clients;
};

// All clients at once; false when an answer is missing.
bool burst(server& of, int times) {
    std::vector<std::vector<double>> each(of.clients.size());
    std::vector<std::thread>         threads;
    for (std::size_t i = 0; i != each.size(); ++i) threads.emplace_back([&, i] { each[i] = of.clients[i].ask(times); });
    for (std::thread& thread : threads) thread.join();
    std::vector<double> all;
    for (const auto& one : each) all.insert(all.end(), one.begin(), one.end());
    std::sort(all.begin(), all.end());
    const auto at = [&](double share) { return all[std::min(all.size() - 1, static_cast<std::size_t>(share * static_cast<double>(all.size())))]; };
    std::printf("{\"port\": %d, \"requests\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f}\n", of.port, all.size(), at(0.5), at(0.99), at(0.999));
    return all.size() == each.size() * static_cast<std::size_t>(times);
}

}  // namespace

int main(int count, char** words) try {
    if (count < 4) return std::puts("json_server_load PORT CONNECTIONS REQUESTS [ROUNDS OTHER_PORT]"), 2;
    const int          connections = std::atoi(words[2]), times = std::atoi(words[3]), rounds = count == 6 ? std::atoi(words[4]) : 1;
    std::deque<server> servers;
    for (const int port : {std::atoi(words[1]), count == 6 ? std::atoi(words[5]) : 0}) {
        if (port == 0) continue;
        server& one = servers.emplace_back(server{port, {}});
        for (int i = 0; i != connections; ++i) one.clients.emplace_back(static_cast<unsigned short>(port));
    }
    bool good = true;
    for (int round = 0; round != rounds; ++round, std::reverse(servers.begin(), servers.end()))
        for (server& one : servers) good = burst(one, times) && good;
    return good ? 0 : 1;
} catch (const std::exception& wrong) {
    std::fprintf(stderr, "json_server_load: %s\n", wrong.what());
    return 1;
}
