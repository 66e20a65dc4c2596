// A server that uses several parts at once: see server.hpp. `json_server --help` tells its options.
#include "server.hpp"

#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>

static int usage(const char* wrong) {
    if (std::strcmp(wrong, "--help") != 0) std::fprintf(stderr, "json_server: %s is none of its options, or no value of one\n", wrong);
    std::puts("json_server [--port N] [--threads N] [--limit BYTES] [--patience SECONDS] [--no-arenas]\n"
              "            [--data iso_639-3.json]\n"
              "JSON_SERVER_TOKEN is what POST /translate must bring as Authorization: Bearer TOKEN.");
    return 2;
}

int main(int count, char** words) try {
    json_server::options given;
    for (int i = 1; i < count; ++i) {
        const std::string_view word(words[i]);
        const auto             is = [&](const char* name, auto& value, auto least) {
            if (word != name || i + 1 == count) return false;
            const char* const end = words[i + 1] + std::strlen(words[i + 1]);
            ++i;
            const auto [read, wrong] = std::from_chars(words[i], end, value);
            return wrong == std::errc() && read == end && value >= least;
        };
        if (is("--port", given.port, 0) || is("--threads", given.threads, 1u) || is("--limit", given.connection_limit, 1u) ||
            is("--patience", given.patience, 1u)) continue;
        if (word == "--no-arenas") given.arenas = false;
        else if (word == "--data" && i + 1 < count) given.data = words[++i];
        else return usage(words[i]);
    }
    autopmr::install_default();
    autopmr::install_fault_handler();
    json_server::server(given).run();
    return 0;
} catch (const std::exception& wrong) {
    std::fprintf(stderr, "json_server: %s\n", wrong.what());
    return 1;
}
