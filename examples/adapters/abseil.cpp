// Words of the machine's package list, counted in a table of Abseil's over a pool.
#include <autopmr/adapters/abseil.hpp>
#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <fstream>
#include <string>

int main(int, char** argv) {
    std::ifstream status("/var/lib/dpkg/status");
    if (!status) status.open(argv[0]);
    autopmr::pool_resource pool;
    std::size_t            in_use = 0, words = 0;
    {
        // [map]
        autopmr::abseil::flat_hash_map<std::string, int> counts(&pool);
        for (std::string word; status >> word;) ++counts[word];
        // [/map]
        words = counts.size();
        in_use = pool.usage().live_bytes + pool.usage().large_bytes;
    }
    std::printf("%zu different words in a table of %zu bytes\n", words, in_use);
    return words != 0 && in_use >= words * sizeof(std::string) && pool.usage().large_bytes == 0 ? 0 : 1;
}
