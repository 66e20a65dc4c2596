// A key that is in no core file, no swap and no child, and gone when it is freed.
#include <autopmr/autopmr.hpp>

#include <cstddef>
#include <iostream>
#include <memory_resource>
#include <new>
#include <vector>

int main() try {
    // [key]
    autopmr::secret_resource    secrets;  // locked memory or none: never ordinary memory instead
    std::pmr::vector<std::byte> key{32, std::byte{7}, &secrets};
    // [/key]
    int sum = 0;
    for (const std::byte b : key) sum += std::to_integer<int>(b);
    std::cout << key.size() << " bytes of key\n";
    return sum == 32 * 7 ? 0 : 1;
} catch (const std::bad_alloc& no) {
    std::cout << "no secret memory here: " << no.what() << '\n';  // RLIMIT_MEMLOCK, most likely
    return 0;
}
