#include "src/support/call_stack.hpp"

#include "src/platform/os.hpp"

namespace autopmr {
namespace {

void append_hexadecimal(std::string& out, std::uintptr_t value) {
    constexpr char digits[] = "0123456789abcdef";
    int            shift = 0;
    while (shift + 4 < static_cast<int>(sizeof value * 8) && (value >> (shift + 4)) != 0) shift += 4;
    out += "0x";
    for (; shift >= 0; shift -= 4) out += digits[(value >> shift) & 15];
}

}  // namespace

call_stack call_stack::from(const void* from) noexcept {
    call_stack here;
    here.depth = os::call_stack(from, here.frames, most);
    if (here.depth == 0) {
        here.frames[0] = from;
        here.depth = 1;
    }
    return here;
}

std::uint64_t call_stack::hash() const noexcept {
    std::uint64_t mixed = 0x9E3779B97F4A7C15u;
    for (std::size_t i = 0; i != depth; ++i) {
        mixed ^= reinterpret_cast<std::uintptr_t>(frames[i]);
        mixed *= 0xFF51AFD7ED558CCDu;
        mixed ^= mixed >> 32;
    }
    return mixed | 1;
}

void append_code_name(std::string& out, const void* address) {
    const os::code_name name = os::name_of_code(address);
    if (name.file.empty()) return append_hexadecimal(out, reinterpret_cast<std::uintptr_t>(address));
    if (!name.function.empty()) out.append(name.function.view()).append(" + ");
    append_hexadecimal(out, name.offset);
    out.append(" (").append(name.file.view()).append(")");
}

}  // namespace autopmr
