#include <autopmr/adapters/lua.hpp>
#include <autopmr/autopmr.hpp>

#include <lua.hpp>

#include <cstddef>
#include <string>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/support/catch.hpp"

using autopmr::lua_heap;
using autopmr_test::outcome;
using autopmr_test::traffic;

namespace {

constexpr const char* work = R"(
    local words, made = {}, 0
    for i = 1, 400 do
        local word = ("word %d"):format(i % 97)
        words[word] = (words[word] or 0) + 1
        made = made + #table.concat({word, word, word}, ", ")
    end
    local co = coroutine.wrap(function() for w in pairs(words) do coroutine.yield(w) end end)
    while co() do made = made + 1 end
    return made)";

int opens(lua_State* state) {
    luaL_openlibs(state);
    return 0;
}

/// What Lua said of the script: LUA_OK, LUA_ERRMEM...
int run(lua_State* state, const char* script) {
    lua_pushcfunction(state, opens);
    int said = lua_pcall(state, 0, 0, 0);
    if (said == LUA_OK) said = luaL_loadstring(state, script);
    return said != LUA_OK ? said : lua_pcall(state, 0, 0, 0);
}

outcome load(traffic& at) {
    lua_heap         heap(&at);
    lua_State* const state = heap.new_state();
    if (state == nullptr) return outcome::out_of_memory;
    const int said = run(state, work);
    const bool expected = said == LUA_OK || said == LUA_ERRMEM;
    INFO((expected ? "" : lua_tostring(state, -1)));
    CHECK(expected);
    lua_close(state);
    return said == LUA_OK ? outcome::served : outcome::out_of_memory;
}

struct counted {
    lua_heap*   heap;
    std::size_t blocks = 0, bytes = 0;
};

/// What Lua asks for, as Lua says it, on its way to the bridge.
void* listen(void* ud, void* block, std::size_t old_bytes, std::size_t bytes) {
    counted&   all = *static_cast<counted*>(ud);
    const auto round = [](std::size_t n) { return (n + 15) / 16 * 16; };
    if (bytes != 0 && (block == nullptr || round(bytes) != round(old_bytes))) ++all.blocks, all.bytes += round(bytes);
    return lua_heap::allocate(all.heap, block, old_bytes, bytes);
}

}  // namespace

TEST_CASE("what a state asks for goes through its resource, and all of it is back after lua_close") {
    traffic          at;
    lua_heap         heap(&at);
    counted          all{&heap};
    lua_State* const state = lua_newstate(listen, &all);
    REQUIRE(state != nullptr);
    CHECK(run(state, work) == LUA_OK);
    CHECK(all.blocks > 1000);
    CHECK(at.now().allocations == all.blocks);
    CHECK(at.now().bytes == all.bytes);
    lua_close(state);
    CHECK(at.settled());
}

TEST_CASE("one refusal Lua survives by collecting, from then on all refused it says not enough memory") {
    traffic    at;
    const auto once = autopmr_test::each_failure(at, load);
    CHECK(once.traffic > 500);
    CHECK(once.errors < once.rounds);
    const auto ever = autopmr_test::each_failure(at, load, [](std::size_t) { return false; }, true);
    CHECK(ever.errors > ever.rounds / 2);
    CHECK(at.settled());
}

TEST_CASE("a script that allocates without end gets a memory error; the host lives, the state goes on and closes") {
    traffic                 at;
    autopmr::limit_resource limit(1u << 20, &at);
    lua_heap                heap(&limit);
    lua_State* const        state = heap.new_state();
    REQUIRE(state != nullptr);
    CHECK(run(state, "local all = {} while true do all[#all + 1] = ('x'):rep(1000) .. #all end") == LUA_ERRMEM);
    CHECK(std::string(lua_tostring(state, -1)) == "not enough memory");
    CHECK(run(state, "local s = 'x' while true do s = s .. s end") == LUA_ERRMEM);
    CHECK(run(state, "setmetatable({}, {__gc = function() local t = {} while true do t[#t + 1] = {} end end}) collectgarbage()") == LUA_OK);
    lua_settop(state, 0);
    CHECK(run(state, work) == LUA_OK);
    CHECK(at.now().peak_bytes <= 1u << 20);
    lua_close(state);
    CHECK(at.settled());
}

TEST_CASE("states side by side keep apart: one at its limit does not touch the other") {
    traffic                 poor_at, rich_at;
    autopmr::limit_resource limit(64u << 10, &poor_at);
    lua_heap                poor(&limit), rich(&rich_at);
    lua_State* const        first = poor.new_state();
    lua_State* const        second = rich.new_state();
    REQUIRE(first != nullptr);
    REQUIRE(second != nullptr);
    CHECK(run(first, "big = ('x'):rep(100000)") == LUA_ERRMEM);
    CHECK(run(second, "big = ('x'):rep(100000)") == LUA_OK);
    lua_close(first);
    lua_close(second);
    CHECK(poor_at.settled());
    CHECK(rich_at.settled());
}
