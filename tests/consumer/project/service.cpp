// What a user's main looks like.
#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <memory_resource>
#include <string>
#include <unordered_map>
#include <vector>

int main() {
    const autopmr::decision& decision = autopmr::install_default();
    if (!decision.ok()) {
        const std::string error(decision.error());
        std::printf("install_default: %s\n", error.c_str());
        return 1;
    }
    if (std::pmr::get_default_resource() == std::pmr::new_delete_resource()) {
        std::printf("nothing was installed\n");
        return 1;
    }
    std::pmr::vector<std::pmr::string> book;
    for (int i = 0; i != 1000; ++i) book.emplace_back("an order that is too long for the string itself");

    auto&                                      net = autopmr::subsystem("server.net");
    std::pmr::unordered_map<int, std::pmr::string> sessions{&net};
    for (int i = 0; i != 1000; ++i) sessions.emplace(i, "a session that is too long for the string itself");
    if (net.usage().live == 0) {
        std::printf("the subsystem counted nothing\n");
        return 1;
    }
    std::printf("%s\n", decision.line().c_str());
    return 0;
}
