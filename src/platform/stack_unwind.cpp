#include "os.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <unwind.h>

#include <cstdint>
#include <cstdlib>

namespace autopmr::os {
namespace {

struct walk {
    std::uintptr_t from;
    const void**   out;
    std::size_t    most;
    std::size_t    count = 0;
    bool           found = false;
};

_Unwind_Reason_Code step(_Unwind_Context* frame, void* data) {
    walk&                w = *static_cast<walk*>(data);
    const std::uintptr_t address = ::_Unwind_GetIP(frame);
    if (address == 0) return _URC_END_OF_STACK;
    if (!w.found && address == w.from) {
        w.found = true;
        w.count = 0;  // what came before is inside of the caller
    }
    if (w.count != w.most) w.out[w.count++] = reinterpret_cast<const void*>(address);
    return w.found && w.count == w.most ? _URC_END_OF_STACK : _URC_NO_REASON;
}

}  // namespace

std::size_t call_stack(const void* from, const void** out, std::size_t most) noexcept {
    walk w{reinterpret_cast<std::uintptr_t>(from), out, most};
    if (most != 0) ::_Unwind_Backtrace(step, &w);
    return w.count;
}

code_name name_of_code(const void* address) noexcept {
    code_name name;
    Dl_info   where{};
    if (::dladdr(address, &where) == 0) return name;
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    if (where.dli_fname != nullptr) name.file.append(where.dli_fname);
    if (where.dli_sname == nullptr) {
        name.offset = at - reinterpret_cast<std::uintptr_t>(where.dli_fbase);
        return name;
    }
    name.offset = at - reinterpret_cast<std::uintptr_t>(where.dli_saddr);
    name.function = readable(where.dli_sname);
    return name;
}

fixed_text<256> readable(const char* symbol) noexcept {
    int                   status = 0;
    char* const           plain = abi::__cxa_demangle(symbol, nullptr, nullptr, &status);
    const fixed_text<256> text(plain != nullptr ? plain : symbol);
    std::free(plain);
    return text;
}

}  // namespace autopmr::os
