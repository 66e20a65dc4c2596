#include "shared.hpp"

using namespace autopmr;

static_assert(std::is_same_v<observed<tally>, observed<tally, resource_ptr, without_exceptions>>);

void* take_without(limit_resource& from, std::size_t bytes) { return from.allocate(bytes); }

std::size_t round_trip_without(std::pmr::memory_resource* below) {
    observed<chain<tally, limit>> here(1000, below);
    here.deallocate(here.allocate(100), 100);
    return here.observer().get<tally>().out;
}
