#include "src/support/call_stack.hpp"

#include "src/platform/os.hpp"

namespace autopmr {

call_stack call_stack::from(const void* from) noexcept {
    call_stack here;
    here.depth = os::call_stack(from, here.frames, most);
    return here.depth != 0 ? here : only(from);
}

call_stack call_stack::only(const void* from) noexcept {
    call_stack here;
    here.frames[0] = from;
    here.depth = 1;
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

}  // namespace autopmr
