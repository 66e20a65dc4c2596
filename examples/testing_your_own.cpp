// A memory_resource of one's own, and whether it keeps the promises that users of std::pmr rely on.
#include <autopmr/testing/conformance.hpp>

#include <iostream>
#include <memory>
#include <memory_resource>

namespace {
class tidy_resource final : public std::pmr::memory_resource {
public:
    explicit tidy_resource(std::pmr::memory_resource* upstream) : upstream_(upstream) {}

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override { return upstream_->allocate(bytes, alignment); }
    void  do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(p, bytes, alignment);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    std::pmr::memory_resource* upstream_;
};
}  // namespace

int main() {
    int broken = 0;
    // [your_own]
    autopmr::testing::conformance_subject tidy;
    tidy.name = "tidy";
    tidy.make = [](std::pmr::memory_resource* upstream) { return std::make_shared<tidy_resource>(upstream); };
    tidy.has_upstream = true;
    for (const auto& result : autopmr::testing::check_conformance(tidy)) {
        if (result.what != autopmr::testing::outcome::broken) continue;
        std::cout << tidy.name << ": " << result.promise << ": " << result.text << '\n';
        ++broken;
    }
    // [/your_own]
    std::cout << broken << " promises broken\n";
    return broken == 0 ? 0 : 1;
}
