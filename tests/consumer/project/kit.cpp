// A user's test: the kit, linked as users link it, on a resource of theirs.
#include <autopmr/testing/conformance.hpp>
#include <autopmr/testing/default_resource_guard.hpp>
#include <autopmr/testing/exception_test_loop.hpp>
#include <autopmr/testing/model.hpp>
#include <autopmr/testing/test_resource_monitor.hpp>

#include <cstdio>
#include <memory>
#include <memory_resource>
#include <string>
#include <vector>

using namespace autopmr::testing;

namespace {

class mine final : public std::pmr::memory_resource {
public:
    explicit mine(std::pmr::memory_resource* upstream) : upstream_(upstream) {}

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
    conformance_subject subject;
    subject.name = "mine";
    subject.make = [](std::pmr::memory_resource* upstream) { return std::make_shared<mine>(upstream); };
    subject.has_upstream = true;
    int kept = 0, broken = 0;
    for (const promise_result& result : check_conformance(subject)) {
        if (result.what == outcome::kept) ++kept;
        if (result.what == outcome::broken) ++broken;
        if (result.what != outcome::kept) std::printf("%s: %s\n", result.promise.c_str(), result.text.c_str());
    }
    test_resource                resource("consumer");
    const test_resource_monitor  monitor(resource);
    const default_resource_guard guard(&resource);
    const long long              refused =
        exception_test_loop(resource, [] { std::pmr::vector<std::pmr::string> two(2, std::pmr::string(100, 'x')); });
    std::printf("%d promises kept, %lld refusals survived\n", kept, refused);
    return kept > 10 && broken == 0 && check_against_model(subject, 77).empty() && refused > 2 && monitor.is_in_use_same() &&
                   resource.status() == 0
               ? 0
               : 1;
}
