#include <autopmr/autopmr.hpp>

#include <memory_resource>
#include <string>

#include "support/catch.hpp"

namespace {

/// A layer that stands on another and counts what reaches it.
class floor_of_tower : public autopmr::layer {
public:
    explicit floor_of_tower(std::string_view name, autopmr::layer* below = nullptr) : name_(name), below_(below) {}
    std::string_view           name() const noexcept override { return name_; }
    std::pmr::memory_resource* upstream_resource() const noexcept override { return below_; }
    autopmr::layer*            upstream_layer() const noexcept override { return below_; }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    std::string_view name_;
    autopmr::layer*  below_;
};

class cellar final : public floor_of_tower {
public:
    cellar() : floor_of_tower("cellar") {}
    void trim() noexcept override { ++trimmed; }
    int  trimmed = 0;
};

}  // namespace

TEST_CASE("a stack is walked from the top to the bottom, through std::pmr's own interface as well") {
    cellar         bottom;
    floor_of_tower middle("middle", &bottom);
    floor_of_tower top("top", &middle);
    std::string    walked;
    for (const autopmr::layer* at = &top; at != nullptr; at = at->upstream_layer()) walked.append(at->name()).append(" ");
    CHECK(walked == "top middle cellar ");
    CHECK(top.upstream_resource() == &middle);
    CHECK(bottom.upstream_resource() == nullptr);
}

TEST_CASE("trim reaches through layers that have nothing to trim themselves") {
    cellar         bottom;
    floor_of_tower middle("middle", &bottom);
    floor_of_tower top("top", &middle);
    top.trim();
    CHECK(bottom.trimmed == 1);
    floor_of_tower alone("alone");
    alone.trim();  // nothing below: nothing happens
    CHECK(bottom.trimmed == 1);
}

TEST_CASE("a stack allows the threads that its weakest layer allows") {
    using autopmr::thread_use;
    autopmr::system_resource    any;
    autopmr::pool_resource      pool(&any);
    autopmr::statistics_resource counted(&any), counted_pool(&pool);
    CHECK(any.threads() == thread_use::any_thread);
    CHECK(pool.threads() == thread_use::one_thread);
    CHECK(counted.threads() == thread_use::any_thread);
    CHECK(counted_pool.threads() == thread_use::one_thread);
    CHECK(autopmr::synchronized_resource(&pool).threads() == thread_use::any_thread);
    CHECK(autopmr::fallback_resource(&any, &pool).threads() == thread_use::one_thread);
    CHECK(autopmr::thread_check_resource(&any).threads() == thread_use::one_thread);
    CHECK(autopmr::observed<autopmr::chain<autopmr::statistics, autopmr::thread_check>>(&any).threads() == thread_use::one_thread);

    std::pmr::unsynchronized_pool_resource foreign;
    CHECK(autopmr::resource_ptr(&foreign).threads() == thread_use::unknown);
    CHECK(autopmr::statistics_resource(&foreign).threads() == thread_use::unknown);
    CHECK(floor_of_tower("says nothing").threads() == thread_use::unknown);
    CHECK(autopmr::resource_ptr(std::pmr::new_delete_resource()).threads() == thread_use::any_thread);
}
