// Touches memory of an arena, rightly or wrongly: `arena HOW`. Who watches must say something for every HOW but "rightly".
#include <autopmr/pools/arena_resource.hpp>

#include <cstdio>
#include <cstring>
#include <string_view>

namespace {

char touch(const char* at) { return *static_cast<const volatile char*>(at); }

/// All that one may do. Whoever watches says nothing.
bool rightly(autopmr::arena_resource& arena) {
    for (int round = 0; round != 3; ++round) {
        char* const first = static_cast<char*>(arena.allocate(20, 1));
        std::memset(first, 1, 20);
        const auto mark = arena.mark();
        for (std::size_t bytes = 0; bytes < 5000; bytes += 77) std::memset(arena.allocate(bytes, 8), 2, bytes);
        arena.rollback(mark);
        char* const last = static_cast<char*>(arena.allocate(20, 1));
        std::memset(last, 3, 20);
        if (!arena.grow(last, 20, 100)) return false;
        std::memset(last + 20, 4, 80);
        if (last[19] != 3 || first[19] != 1) return false;
        arena.deallocate(last, 100, 1);
        if (round == 1) arena.release();
        else arena.reset();
    }
    return true;
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view  how = count == 2 ? arguments[1] : "";
    static char             buffer[500];
    autopmr::arena_resource arena(buffer, sizeof buffer, autopmr::arena_options{1000, 10000});
    if (how == "rightly") return rightly(arena) ? 0 : 1;

    const auto  mark = arena.mark();
    char* const block = static_cast<char*>(arena.allocate(20, 1));
    std::memset(block, 1, 20);
    char* const next = static_cast<char*>(arena.allocate(700, 8));  // in a chunk
    std::memset(next, 1, 700);
    char wrong = 0;
    if (how == "after_reset") arena.reset(), wrong = touch(next);
    else if (how == "after_rollback") arena.rollback(mark), wrong = touch(block);
    else if (how == "after_deallocate") arena.deallocate(block, 20, 1), wrong = touch(block + 8);
    else if (how == "past_the_end") wrong = touch(block + 20);
    else if (how == "before_the_beginning") wrong = touch(next - 1);
    else if (how == "after_shrinking") arena.grow(next, 700, 100), wrong = touch(next + 100);
    else return std::fprintf(stderr, "arena: how?\n"), 1;
    std::printf("nobody watched: %d\n", wrong);
}
