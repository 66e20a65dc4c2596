#include <autopmr/observed.hpp>

#include "support/catch.hpp"

#include <memory>
#include <memory_resource>
#include <new>

using namespace autopmr;

namespace {

struct tally {
    static constexpr std::string_view name = "tally";
    int                               reserved = 0, committed = 0, cancelled = 0, retired = 0, settled = 0;
    void*                             last = nullptr;
    void                              reserve(const block_request&) noexcept { ++reserved; }
    void                              cancel(const block_request&) noexcept { ++cancelled; }
    void                              settle(const block_request&) noexcept { ++settled; }
    void                              commit(void* block, const block_request&) noexcept {
                                     last = block;
                                     ++committed;
    }
    void retire(void* block, const block_request&) noexcept {
        last = block;
        ++retired;
    }
};

/// Serves `left` requests, then throws.
class few_resource final : public layer {
public:
    explicit few_resource(int left) : left_(left) {}
    std::string_view name() const noexcept override { return "few"; }
    void             trim() noexcept override { ++trims; }
    int              trims = 0;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (left_-- == 0) throw std::bad_alloc();
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
    int  left_;
};

}  // namespace

TEST_CASE("the observer sees the protocol, for a fused and for a borrowed upstream") {
    few_resource                  few(1);
    observed<tally>               borrowed(&few);
    observed<tally, few_resource> fused(1);
    for (std::pmr::memory_resource* resource :
         {static_cast<std::pmr::memory_resource*>(&borrowed), static_cast<std::pmr::memory_resource*>(&fused)}) {
        const tally& seen = resource == &fused ? fused.observer() : borrowed.observer();
        void*        block = resource->allocate(10, 8);
        CHECK(seen.last == block);
        resource->deallocate(block, 10, 8);
        CHECK_THROWS_AS(resource->allocate(10, 8), std::bad_alloc);
        CHECK(seen.reserved == 2);
        CHECK(seen.committed == 1);
        CHECK(seen.cancelled == 1);
        CHECK(seen.retired == 1);
        CHECK(seen.settled == 1);
    }
}

TEST_CASE("stacks can be walked and trimmed") {
    observed<tally, few_resource> bottom(1);
    observed<tally>               top(&bottom);
    REQUIRE(top.upstream_layer() == &bottom);
    REQUIRE(top.upstream_layer()->upstream_layer() == bottom.upstream_resource());
    top.trim();
    CHECK(static_cast<few_resource*>(bottom.upstream_resource())->trims == 1);
}

TEST_CASE("equality is identity") {
    observed<tally> a(std::pmr::new_delete_resource()), b(std::pmr::new_delete_resource());
    CHECK(a.is_equal(a));
    CHECK_FALSE(a.is_equal(b));
}

TEST_CASE("a shared upstream lives as long as what stands on it") {
    auto          below = std::make_shared<std::pmr::monotonic_buffer_resource>();
    std::weak_ptr watch = below;
    {
        observed<tally> top(std::move(below));
        CHECK(watch.use_count() == 1);
        CHECK(top.upstream_resource() == watch.lock().get());
    }
    CHECK(watch.expired());
}
