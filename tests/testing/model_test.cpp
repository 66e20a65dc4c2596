#include <autopmr/testing/model.hpp>

#include <autopmr/testing/test_resource.hpp>

#include "support/catch.hpp"
#include "testing/mutants.hpp"

#include <memory_resource>
#include <string>

using namespace autopmr::testing;
using namespace mutants;

namespace {

/// Broken at its 77th allocation: two blocks in one place.
struct late_mutant final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* p = upstream_->allocate(bytes, alignment);
        if (++calls != 77) return last = p;
        upstream_->deallocate(p, bytes, alignment);
        return last;
    }
    void* last = nullptr;
    int   calls = 0;
};

std::size_t steps_told(const std::string& text) {
    const std::size_t at = text.find(", ", text.find("seed "));
    REQUIRE(at != std::string::npos);
    return std::stoul(text.substr(at + 2));
}

}  // namespace

TEST_CASE("many histories agree with the model where nothing is wrong") {
    test_resource upstream;
    pass_through  sound(&upstream);
    for (unsigned seed = 0; seed != 20; ++seed) CHECK(check_against_model(sound, seed, 500) == "");
    CHECK(upstream.status() == 0);
    CHECK(upstream.allocations() > 20 * 200);
    CHECK(upstream.bytes_in_use() == 0);
}

TEST_CASE("a history holds all kinds of requests") {
    struct kinds final : pass_through {
        using pass_through::pass_through;
        void* do_allocate(std::size_t bytes, std::size_t alignment) override {
            zero = zero || bytes == 0;
            large = large || (bytes > 4096 && bytes < 100000);
            over_aligned = over_aligned || alignment == 65536;
            too_much = too_much || bytes > (static_cast<std::size_t>(-1) / 2) - 65536 - 20;
            return upstream_->allocate(bytes, alignment);
        }
        bool zero = false, large = false, over_aligned = false, too_much = false;
    };
    test_resource upstream;
    kinds         seen(&upstream);
    CHECK(check_against_model(seen, 1) == "");
    CHECK(seen.zero);
    CHECK(seen.large);
    CHECK(seen.over_aligned);
    CHECK(seen.too_much);
}

TEST_CASE("what breaks is told with its seed and the shortest history, which breaks again and no shorter one does") {
    const auto        subject = over_upstream<late_mutant>("late");
    const std::string broken = check_against_model(subject, 5);
    CAPTURE(broken);
    CHECK(broken.find("seed 5, ") != std::string::npos);
    const std::size_t steps = steps_told(broken);
    CHECK(broken.find("\n      " + std::to_string(steps) + ": allocate block") != std::string::npos);
    CHECK(check_against_model(subject, 5, steps) == broken);
    CHECK(check_against_model(subject, 5, steps - 1) == "");
}

TEST_CASE("a subject's upstream refuses now and then, and a resource alone may not refuse") {
    struct counting final : pass_through {
        using pass_through::pass_through;
        void* do_allocate(std::size_t bytes, std::size_t alignment) override {
            ++asked;
            void* p = upstream_->allocate(bytes, alignment);
            ++served;
            return p;
        }
        unsigned asked = 0, served = 0;
    };
    std::shared_ptr<counting> made;
    conformance_subject       subject = over_upstream<counting>("counting");
    subject.make = [&](std::pmr::memory_resource* upstream) { return made = std::make_shared<counting>(upstream); };
    // Held here past its upstream, which it does not touch any more.
    CHECK(check_against_model(subject, 3) == "");
    CHECK(made->asked > made->served + 5);

    test_resource full;
    full.set_allocation_limit(0, test_resource::after_limit::refuse);
    CHECK(check_against_model(full, 3).find("refused what it could have served") == 0);
}

TEST_CASE("a deallocate that throws is told, with its seed") {
    struct needs_memory_to_free final : pass_through {
        using pass_through::pass_through;
        void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
            upstream_->deallocate(upstream_->allocate(8, 8), 8, 8);
            upstream_->deallocate(p, bytes, alignment);
        }
    };
    const std::string broken = check_against_model(over_upstream<needs_memory_to_free>("needs memory to free"), 1);
    CHECK(broken.find("threw where it should not: ") == 0);
    CHECK(broken.find("seed 1, ") != std::string::npos);
}
