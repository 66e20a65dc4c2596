#include <autopmr/resource_ptr.hpp>

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <new>

#include "support/catch.hpp"

namespace {

/// Allocates nothing; says when it is gone.
class noted : public std::pmr::memory_resource {
public:
    explicit noted(bool& gone) : gone_(&gone) {}
    ~noted() override { *gone_ = true; }

private:
    void* do_allocate(std::size_t, std::size_t) override { throw std::bad_alloc(); }
    void  do_deallocate(void*, std::size_t, std::size_t) override {}
    bool  do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    bool* gone_;
};

class noted_layer final : public autopmr::layer {
public:
    std::string_view name() const noexcept override { return "noted"; }

private:
    void* do_allocate(std::size_t, std::size_t) override { throw std::bad_alloc(); }
    void  do_deallocate(void*, std::size_t, std::size_t) override {}
    bool  do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace

TEST_CASE("a default-constructed upstream is the default resource of that moment") {
    std::pmr::monotonic_buffer_resource other;
    std::pmr::memory_resource* const    before = std::pmr::set_default_resource(&other);
    const autopmr::resource_ptr         made_meanwhile;
    std::pmr::set_default_resource(before);
    CHECK(made_meanwhile.get() == &other);
    CHECK(autopmr::resource_ptr().get() == before);
}

TEST_CASE("a pointer is borrowed, a shared_ptr is shared") {
    bool gone = false;
    auto owned = std::make_shared<noted>(gone);
    {
        autopmr::resource_ptr borrowed = owned.get();
        autopmr::resource_ptr shared = owned;
        CHECK(borrowed.get() == owned.get());
        owned.reset();
        CHECK_FALSE(gone);
    }
    CHECK(gone);
}

TEST_CASE("a copy shares what the first one shares") {
    bool gone = false;
    auto first = std::make_unique<autopmr::resource_ptr>(std::make_shared<noted>(gone));
    {
        const autopmr::resource_ptr copy = *first;
        first.reset();
        CHECK_FALSE(gone);
    }
    CHECK(gone);
}

TEST_CASE("no upstream refuses every request instead of crashing") {
    autopmr::resource_ptr none = static_cast<std::pmr::memory_resource*>(nullptr);
    CHECK_THROWS_AS(none.allocate(1), std::bad_alloc);
    autopmr::resource_ptr none_shared = std::shared_ptr<std::pmr::memory_resource>();
    CHECK_THROWS_AS(none_shared.allocate(1), std::bad_alloc);
}

TEST_CASE("a layer is remembered when the static type is one; anything else ends the walk") {
    noted_layer ours;
    CHECK(autopmr::resource_ptr(&ours).as_layer() == &ours);
    CHECK(autopmr::resource_ptr(std::make_shared<noted_layer>()).as_layer() != nullptr);
    std::pmr::monotonic_buffer_resource foreign;
    CHECK(autopmr::resource_ptr(&foreign).as_layer() == nullptr);
}

TEST_CASE("requests are passed on with their alignment") {
    autopmr::resource_ptr to_new = std::pmr::new_delete_resource();
    void* const           block = to_new.allocate(10, 256);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 256 == 0);
    to_new.deallocate(block, 10, 256);
}
