// A subsystem's books after its backend refused a large block. A program of its own: it replaces operator new.
#include <autopmr/subsystem.hpp>

#include "support/catch.hpp"

#include <cstdlib>
#include <new>

using namespace autopmr;

namespace {

constexpr std::size_t huge = std::size_t{1} << 50;

void* take(std::size_t bytes) {
    if (bytes < huge) {
        if (void* const block = std::malloc(bytes == 0 ? 1 : bytes)) return block;
    }
    throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return std::malloc(bytes); }  // Catch asks it
void* operator new(std::size_t bytes) { return take(bytes); }
void  operator delete(void* block) noexcept { std::free(block); }
void  operator delete(void* block, std::size_t) noexcept { std::free(block); }

TEST_CASE("a large failure of the backend does not stay in a subsystem's peak, nor above") {
    subsystem_options options;
    options.backend = "new_delete";
    REQUIRE(configure("fails.large", options).ok());
    subsystem_resource& s = subsystem("fails.large");
    CHECK_THROWS_AS(s.allocate(huge), std::bad_alloc);
    for (const subsystem_resource* each : {&s, s.parent(), s.parent()->parent()}) {
        const auto u = each->usage();
        CHECK(u.failures == 1);
        CHECK(u.live == 0);
        CHECK(u.peak - u.peak_error == 0);
        CHECK(u.peak <= ledger::batch);
    }
    CHECK(s.usage().backend == "new_delete");
    void* const block = s.allocate(1 << 20);
    s.deallocate(block, 1 << 20);
    for (const subsystem_resource* each : {&s, s.parent(), s.parent()->parent()}) {
        const auto u = each->usage();
        CHECK(u.peak >= 1 << 20);
        CHECK(u.peak - u.peak_error <= 1 << 20);
    }
}
