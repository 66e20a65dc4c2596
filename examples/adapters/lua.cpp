// Scripts of three tenants, each with a limit of its own, over a dictionary of English (package wamerican-huge or wamerican).
#include <autopmr/adapters/lua.hpp>
#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <fstream>

constexpr const char* endings = R"(
    local count, n = {}, 0
    for word in io.lines(path) do
        local ending = word:sub(-3)
        count[ending] = (count[ending] or 0) + 1
        n = n + 1
    end
    print(("%s: %d words, %d end in ing"):format(tenant, n, count.ing)))";
constexpr const char* greedy = "local all = {} for word in io.lines(path) do all[#all + 1] = word .. tenant .. #all end while true do all[#all + 1] = #all .. '' end";

bool serve(const char* tenant, const char* path, const char* script, bool should_work) {
    // [use]
    autopmr::pool_resource  pool;
    autopmr::limit_resource limited(8u << 20, &pool);
    autopmr::lua_heap       heap(&limited);
    lua_State* const        state = heap.new_state();
    // [/use]
    luaL_openlibs(state);
    lua_pushstring(state, path), lua_setglobal(state, "path");
    lua_pushstring(state, tenant), lua_setglobal(state, "tenant");
    const bool worked = luaL_dostring(state, script) == LUA_OK;
    if (!worked) std::printf("%s: %s\n", tenant, lua_tostring(state, -1));
    lua_close(state);
    return worked == should_work;
}

int main() {
    for (const char* const path : {"/usr/share/dict/american-english-huge", "/usr/share/dict/american-english"}) {
        if (!std::ifstream(path)) continue;
        return serve("first", path, endings, true) && serve("greedy", path, greedy, false) && serve("third", path, endings, true) ? 0 : 1;
    }
    return std::puts("skipped: no dictionary is here"), 77;
}
