// A server that uses several parts at once: see server.hpp. `json_server --help` tells its options.
#include "server.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

static int usage() {
    std::puts("json_server [--port N] [--threads N] [--limit BYTES] [--patience SECONDS] [--no-arenas]\n"
              "            [--data iso_639-3.json]\n"
              "JSON_SERVER_TOKEN is what POST /translate must bring as Authorization: Bearer TOKEN.");
    return 2;
}

int main(int count, char** words) try {
    json_server::options given;
    for (int i = 1; i < count; ++i) {
        const std::string_view word(words[i]);
        const auto             value = [&] { return ++i < count ? std::strtoul(words[i], nullptr, 10) : 0; };
        if (word == "--port") given.port = static_cast<unsigned short>(value());
        else if (word == "--threads") given.threads = static_cast<unsigned>(value());
        else if (word == "--limit") given.connection_limit = value();
        else if (word == "--patience") given.patience = std::chrono::seconds(value());
        else if (word == "--no-arenas") given.arenas = false;
        else if (word == "--data" && i + 1 < count) given.data = words[++i];
        else return usage();
    }
    if (given.threads == 0 || given.connection_limit == 0 || given.patience.count() <= 0) return usage();
    autopmr::install_default();
    autopmr::install_fault_handler();
    json_server::server(given).run();
    return 0;
} catch (const std::exception& wrong) {
    std::fprintf(stderr, "json_server: %s\n", wrong.what());
    return 1;
}
