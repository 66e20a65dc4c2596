// A whole program on a resource, and what it used: counted from before main, for this machine's word list or itself.
#include <autopmr/adapters/new_delete.hpp>
#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <fstream>
#include <map>
#include <string>

namespace {

autopmr::statistics_resource& counted() {
    static auto& one = autopmr::make_immortal<autopmr::statistics_resource>(&autopmr::system_backend.resource());
    return one;
}

}  // namespace

// [route]
// Called at the first operator new of the process, before main; without it malloc serves until route_new_delete is called.
extern "C" void autopmr_first_new() { autopmr::route_new_delete(&counted(), "example"); }
// [/route]

int main(int, char** argv) {
    std::map<std::string, int> words;  // nothing here knows of any resource
    std::ifstream              status("/var/lib/dpkg/status");
    if (!status) status.open(argv[0]);
    for (std::string word; status >> word;) ++words[word];
    const autopmr::usage now = counted().observer().now();
    std::printf("%zu different words: %zu bytes live of %zu at most, %zu allocations\n", words.size(), std::size_t(now.live),
                std::size_t(now.peak), std::size_t(now.count));
    return now.live > words.size() * 32 ? 0 : 1;
}
