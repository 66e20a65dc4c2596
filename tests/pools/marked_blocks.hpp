#pragma once
/// Blocks that know what was written into them, and threads to hand them between.

#include <cstring>
#include <memory_resource>
#include <thread>
#include <vector>

namespace autopmr_test {

struct block {
    unsigned char* at = nullptr;
    std::size_t    bytes = 0;
    unsigned char  mark = 0;
};

inline block take(std::pmr::memory_resource& from, std::size_t bytes, unsigned char mark) {
    const block one{static_cast<unsigned char*>(from.allocate(bytes)), bytes, mark};
    std::memset(one.at, mark, bytes);
    return one;
}

inline bool give(std::pmr::memory_resource& to, const block& one) {
    bool intact = true;
    for (std::size_t i = 0; i != one.bytes; ++i) intact = intact && one.at[i] == one.mark;
    to.deallocate(one.at, one.bytes);
    return intact;
}

template <class Work>
void on_threads(unsigned threads, Work work) {
    std::vector<std::thread> all;
    for (unsigned t = 0; t != threads; ++t) all.emplace_back([&work, t] { work(t); });
    for (std::thread& one : all) one.join();
}

}  // namespace autopmr_test
