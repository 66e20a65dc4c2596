// The same from a file, so that who runs the program decides: autopmr.toml beside it.
#include <autopmr/autopmr.hpp>

#include <iostream>
#include <memory_resource>
#include <vector>

int main() {
    // [policy_file]
    const auto loaded = autopmr::load_policy("autopmr.toml");
    if (!loaded.ok()) {
        std::cerr << loaded.error() << '\n';  // what, in which line and column, and what to do
        return 1;
    }
    autopmr::install_default();
    std::cout << autopmr::default_decision().line() << '\n';
    // [/policy_file]
    std::pmr::vector<char> incoming(1000, &autopmr::subsystem("server.net"));
    const auto             usage = autopmr::subsystem("server.net").usage();
    return autopmr::default_decision().chosen->name == "system" && usage.limit == 16 << 20 ? 0 : 2;
}
