#pragma once
/// What both objects of the program see.

#include <autopmr/chain.hpp>
#include <autopmr/decorators/limit.hpp>
#include <autopmr/observed.hpp>

#include <cstddef>
#include <string_view>

/// Counts what is charged and not given back.
struct tally {
    static constexpr std::string_view name = "tally";
    std::size_t                       out = 0;
    void reserve(const autopmr::block_request& r) noexcept { out += r.bytes; }
    void commit(void*, const autopmr::block_request&) noexcept {}
    void cancel(const autopmr::block_request& r) noexcept { out -= r.bytes; }
    void retire(void*, const autopmr::block_request& r) noexcept { out -= r.bytes; }
    void settle(const autopmr::block_request&) noexcept {}
};

void*       take_without(autopmr::limit_resource& from, std::size_t bytes);
std::size_t round_trip_without(std::pmr::memory_resource* below);
