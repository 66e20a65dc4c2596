// Touches memory of pools, rightly or wrongly: `pools HOW`. Who watches must say something for every HOW but "rightly".
#include <autopmr/pools/concurrent_pool_resource.hpp>
#include <autopmr/pools/pool_resource.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

namespace {

char touch(const char* at) { return *static_cast<const volatile char*>(at); }

char* take(std::pmr::memory_resource& from, std::size_t bytes) {
    auto* const block = static_cast<char*>(from.allocate(bytes));
    std::memset(block, 1, bytes);
    return block;
}

/// All that one may do. Whoever watches says nothing.
template <class Pool>
void rightly(Pool& pool, bool threads) {
    for (int round = 0; round != 3; ++round) {
        std::vector<char*> blocks;
        for (std::size_t bytes = 0; bytes != 3000; ++bytes) blocks.push_back(take(pool, bytes));
        const auto give_half = [&] {
            for (std::size_t bytes = 0; bytes < 3000; bytes += 2) pool.deallocate(blocks[bytes], bytes);
        };
        if (threads) std::thread(give_half).join();
        else give_half();
        for (std::size_t bytes = 0; bytes != 3000; ++bytes) pool.deallocate(take(pool, bytes), bytes);
        for (std::size_t bytes = 1; bytes < 3000; bytes += 2) {
            if (touch(blocks[bytes]) != 1) std::abort();
            if (round != 1) pool.deallocate(blocks[bytes], bytes);
        }
        if (round == 0) pool.trim();
        else pool.release();  // once with live blocks
        std::vector<char> next(1 << 20, 1);  // memory that was the pool's may be anybody's now
        if (touch(next.data() + next.size() / 2) != 1) std::abort();
    }
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view            how = count == 2 ? arguments[1] : "";
    autopmr::pool_resource            pool;
    autopmr::concurrent_pool_resource shared;
    if (how == "rightly") return rightly(pool, false), rightly(shared, true), 0;

    char* const block = take(pool, 20);
    char* const others = take(shared, 200);
    char        wrong = 0;
    if (how == "after_deallocate") pool.deallocate(block, 20), wrong = touch(block + 3);
    else if (how == "past_the_end") wrong = touch(block + 20);
    else if (how == "never_handed_out") wrong = touch(block + 64);
    else if (how == "after_deallocate_here") shared.deallocate(others, 200), wrong = touch(others);
    else if (how == "after_deallocate_elsewhere") std::thread([&] { shared.deallocate(others, 200); }).join(), wrong = touch(others + 100);
    else return std::fprintf(stderr, "pools: how?\n"), 1;
    std::printf("nobody watched: %d\n", wrong);
}
