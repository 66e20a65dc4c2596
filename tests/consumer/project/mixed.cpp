#include "mixed.hpp"

#include <cstdio>

int main() {
    const bool with = works_with_exceptions(), without = works_without_exceptions(), undoes = undoes_with_exceptions();
    std::printf("with exceptions: %d, without: %d, undoes: %d\n", with, without, undoes);
    return with && without && undoes ? 0 : 1;
}
