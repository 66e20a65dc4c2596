#include <autopmr/adapters/new_delete.hpp>
#include <autopmr/autopmr.hpp>

#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.hpp"

namespace {

/// Keeps a list by operator new, on the way in and out, and counts who comes while it does.
class listing final : public autopmr::layer {
public:
    int                                     again = 0;
    [[nodiscard]] std::string_view          name() const noexcept override { return "listing"; }
    [[nodiscard]] autopmr::thread_use       threads() const noexcept override { return autopmr::thread_use::any_thread; }  // of this test: one

private:
    void note(void* block) {
        if (busy_) ++again;
        busy_ = true;
        std::vector<void*>(seen_).swap(seen_);  // allocates, and frees, each time
        if (seen_.size() < 100) seen_.push_back(block);
        busy_ = false;
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* const block = std::pmr::new_delete_resource()->allocate(bytes, alignment);
        note(block);
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        note(block);
        std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    std::vector<void*> seen_;
    bool               busy_ = false;
};

}  // namespace

TEST_CASE("a resource over new_delete_resource serves operator new without recursion; older blocks go back to malloc") {
    auto* const before = new std::string(1000, 'b');
    static auto& below = autopmr::make_immortal<listing>();
    static auto& counted = autopmr::make_immortal<autopmr::statistics_resource>(&below);
    static auto& pool = autopmr::make_immortal<autopmr::pool_resource>();  // static: LeakSanitizer sees who holds them
    CHECK(autopmr::route_new_delete(&pool, "pool").what == autopmr::install_answer::one_thread_only);
    REQUIRE(autopmr::route_new_delete(&counted, "this test"));
    std::vector<std::string>(100, std::string(100, 'x')).pop_back();
    CHECK(below.again == 0);
    std::pmr::set_default_resource(&counted);  // used directly it is not known to be at work, so what it allocates comes back to it
    const auto then = counted.observer().now();
    delete before;
    {
        std::vector<std::string>           some(100, std::string(100, 'x'));
        std::pmr::vector<std::pmr::string> more(100, std::pmr::string(100, 'x'));
        CHECK(counted.observer().now().count - then.count >= 202);
    }
    CHECK(counted.observer().now().live == then.live);
    CHECK_THROWS_AS(::operator new(PTRDIFF_MAX), std::bad_alloc);
    CHECK(::operator new(SIZE_MAX, std::nothrow) == nullptr);
    std::pmr::set_default_resource(nullptr);
}
