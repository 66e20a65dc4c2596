// libautopmr-backtrace.so: one C function over libbacktrace. A library of its own, looked for when a report is written,
// so that the core links nothing beyond the C++ runtime.

#include <backtrace.h>

#include <cstdint>

namespace {

using each_name = void (*)(void* context, const char* function, const char* file, int line);

struct search {
    each_name each;
    void*     context;
    int       found = 0;
};

void tell(void* data, const char* function, const char* file, int line) {
    if (function == nullptr) return;
    auto& all = *static_cast<search*>(data);
    ++all.found;
    all.each(all.context, function, file, line);
}

void nothing_known(void*, const char*, int) {}

// Never freed, as libbacktrace has it. It knows the object files that were loaded when it was first used.
backtrace_state* state() {
    static backtrace_state* const made = backtrace_create_state(nullptr, 1, nothing_known, nullptr);
    return made;
}

int from_lines(void* data, std::uintptr_t, const char* file, int line, const char* function) {
    tell(data, function, file, line);
    return 0;
}

void from_symbols(void* data, std::uintptr_t, const char* symbol, std::uintptr_t, std::uintptr_t) {
    tell(data, symbol, nullptr, 0);
}

}  // namespace

extern "C" {

// Calls `each` for every function at an address of code, innermost first; `file` is null where lines are not known. How many.
__attribute__((visibility("default"))) int autopmr_backtrace_names(
    std::uintptr_t address, each_name each, void* context) noexcept {
    if (state() == nullptr) return 0;
    search all{each, context};
    backtrace_pcinfo(state(), address, from_lines, nothing_known, &all);
    if (all.found == 0) backtrace_syminfo(state(), address, from_symbols, nothing_known, &all);
    return all.found;
}

}
