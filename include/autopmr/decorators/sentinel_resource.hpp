#pragma once
/// \file
/// Counts who falls through to it: for code that should never use the default resource.
///
/// Make it std::pmr's default in a test or in a debugging run; every container that was not given a resource of its own then
/// shows up in report(), with the calls that led to it. It takes a call stack at each allocation (microseconds): not for
/// production. Any thread; it allocates nothing itself, and throws only what its upstream throws.

#include <autopmr/layer.hpp>
#include <autopmr/resource_ptr.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace autopmr {

class sentinel_resource final : public layer {
public:
    static constexpr std::size_t most_sites = 96;   ///< distinct ones that are kept; later ones are only counted
    static constexpr std::size_t most_frames = 12;  ///< of each

    explicit sentinel_resource(resource_ptr upstream = {}) noexcept : upstream_(std::move(upstream)) {}
    sentinel_resource(const sentinel_resource&) = delete;
    sentinel_resource& operator=(const sentinel_resource&) = delete;

    [[nodiscard]] std::size_t allocations() const noexcept { return allocations_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
    /// Distinct call sites so far, at most most_sites.
    [[nodiscard]] std::size_t sites() const noexcept;
    /// Allocations whose site found no room.
    [[nodiscard]] std::size_t unplaced() const noexcept { return unplaced_.load(std::memory_order_relaxed); }
    /// For people: the sites, most allocations first, with the names of what called.
    [[nodiscard]] std::string report() const;

    [[nodiscard]] std::string_view           name() const noexcept override { return "sentinel"; }
    [[nodiscard]] thread_use threads() const noexcept override { return threads_below(); }
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return upstream_.get(); }
    [[nodiscard]] layer*                     upstream_layer() const noexcept override { return upstream_.as_layer(); }

protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

private:
    struct site {
        std::atomic<std::uint64_t> key{0};    // 0: free
        std::atomic<std::size_t>   depth{0};  // 0: its frames are still being written
        std::atomic<const void*>   frames[most_frames] = {};
        std::atomic<std::size_t>   allocations{0}, bytes{0};
    };
    void record(const void* caller, std::size_t bytes) noexcept;

    resource_ptr             upstream_;
    std::atomic<std::size_t> allocations_{0}, bytes_{0}, unplaced_{0};
    site                     sites_[most_sites];
};

/// One for the whole process, never destroyed, over the default resource of the moment of the first call:
///     std::pmr::set_default_resource(&autopmr::process_sentinel());
[[nodiscard]] sentinel_resource& process_sentinel() noexcept;

}  // namespace autopmr
