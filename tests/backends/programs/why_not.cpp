// Prints why a backend can't serve, or what it served.
#include <autopmr/selector.hpp>

#include <cstdio>

int main(int, char** arguments) {
    const autopmr::backend* b = autopmr::find_backend(arguments[1]);
    if (b == nullptr) return 2;
    std::printf("%s: %.*s\n", arguments[1], static_cast<int>(b->why_not().size()), b->why_not().data());
    if (b->why_not().empty()) {
        b->deallocate(b->allocate(100, 8), 100, 8);
        std::puts("served");
    }
}
