// A buffer inside the object, for what has a known bound and goes all at once.
#include <autopmr/autopmr.hpp>

#include <iostream>
#include <memory_resource>
#include <string>

int main() {
    // [static_resource]
    autopmr::static_resource<512> scratch;
    for (const char* name : {"first", "second"}) {
        {
            std::pmr::string message("a message that is put together piece by piece: ", &scratch);
            message += name;
            std::cout << message << " (" << scratch.used() << " of " << scratch.capacity() << " bytes)\n";
        }
        scratch.reset();  // the next message begins at the front again
    }
    // [/static_resource]
    return scratch.used() == 0 && scratch.try_allocate(513) == nullptr ? 0 : 1;
}
