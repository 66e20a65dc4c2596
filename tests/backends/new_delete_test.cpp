#include <autopmr/backends/new_delete.hpp>
#include <autopmr/errors.hpp>

#include "support/catch.hpp"

#include <cstdlib>
#include <new>

using namespace autopmr;

namespace {
int  calls = 0;
bool out = false;
}  // namespace

// The program's own, which the backend must use. All that a delete of these may meet: Catch itself asks the nothrow one.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return std::malloc(bytes); }
void* operator new(std::size_t bytes) {
    ++calls;
    if (void* block = out ? nullptr : std::malloc(bytes)) return block;
    throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

TEST_CASE("new_delete is the program's operator new") {
    const int before = calls;
    void*     block = new_delete_resource().allocate(100, 8);
    CHECK(calls == before + 1);
    new_delete_resource().deallocate(block, 100, 8);
}

TEST_CASE("new_delete turns the program's refusal into out_of_memory") {
    out = true;
    bool refused = false;
    try {
        (void)new_delete_backend.allocate(100, 8);
    } catch (const out_of_memory&) {
        refused = true;
    }
    out = false;
    CHECK(refused);
}
