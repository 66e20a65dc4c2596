#include "stacks.hpp"

#include <autopmr/autopmr.hpp>

#include <memory>
#include <memory_resource>
#include <string>

namespace autopmr::testing {
namespace {

constexpr std::size_t budget = std::size_t{1} << 30;

std::string text(const usage& now) { return std::to_string(now.live) + " bytes live after " + std::to_string(now.count) + " allocations"; }


/// `Observed(arguments..., below)`; `now` finds its counters.
template <class Observed, class Now, class... Arguments>
stack make_stack(std::string name, Now now, Arguments... arguments) {
    stack one;
    one.name = std::move(name);
    one.make = [=](std::pmr::memory_resource* below) { return std::make_shared<Observed>(arguments..., below); };
    one.books = [=](std::pmr::memory_resource& r) { return text(now(static_cast<Observed&>(r))); };
    one.live_bytes = [=](std::pmr::memory_resource& r) { return now(static_cast<Observed&>(r)).live; };
    one.many_threads = true;
    return one;
}

/// The functions of a backend that are called without the virtual call.
class plain_functions final : public std::pmr::memory_resource {
public:
    explicit plain_functions(const backend& one) : one_(one) {}

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override { return one_.allocate(bytes, alignment); }
    void  do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override { one_.deallocate(p, bytes, alignment); }
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    const backend& one_;
};

conformance_subject subsystem_on(const backend& one) {
    const std::string name = "conformance." + std::string(one.name);
    subsystem_options options;
    options.backend = one.name;
    options.limit = budget;
    configure("conformance", {{}, 2 * budget, {}, {}}).value_or_throw();  // an ancestor that bounds it
    configure(name, options).value_or_throw();
    conformance_subject subject;
    subject.name = "subsystem on " + std::string(one.name);
    subject.make = [name](std::pmr::memory_resource*) { return immortal(subsystem(name)); };
    return subject;
}

}  // namespace

std::vector<stack> stacks() {
    const auto own = [](auto& r) { return r.observer().now(); };
    using limited_statistics = observed<chain<statistics, limit>>;
    using fused = observed<statistics, observed<limit>>;
    std::vector<stack> all;
    all.push_back({"", [](std::pmr::memory_resource* below) { return immortal(*below); }, {}});
    all.push_back(make_stack<statistics_resource>("statistics", own));
    all.push_back(make_stack<limit_resource>("limit", own, budget));
    all.push_back(make_stack<limited_statistics>(
        "chain of statistics and limit", [](auto& r) { return r.observer().template get<statistics>().now(); }, budget));
    all.push_back(make_stack<fused>("statistics fused with limit", own, budget));
    all.push_back({"statistics that owns a limit",
                   [](std::pmr::memory_resource* below) {
                       return std::make_shared<statistics_resource>(std::make_shared<limit_resource>(budget, below));
                   },
                   [=](std::pmr::memory_resource& r) { return text(static_cast<statistics_resource&>(r).observer().now()); }});
    all.push_back({"sentinel", [](std::pmr::memory_resource* below) { return std::make_shared<sentinel_resource>(below); }, {}});
    return all;
}

conformance_subject subject_of(const stack& one, std::string name) {
    conformance_subject subject;
    subject.name = std::move(name);
    subject.make = one.make;
    subject.any_thread = one.any_thread;
    subject.books = one.books;
    subject.live_bytes = one.live_bytes;
    subject.releases_all = one.releases_all;
    subject.many_threads = one.many_threads;
    return subject;
}

std::vector<conformance_subject> subjects_of(const backend& one) {
    std::vector<conformance_subject> all;
    for (stack& each : stacks()) {
        conformance_subject subject = subject_of(each, (each.name.empty() ? "" : each.name + " on ") + std::string(one.name));
        subject.make = [make = each.make, &one](std::pmr::memory_resource*) { return make(&one.resource()); };
        all.push_back(subject);
    }
    conformance_subject plain;
    plain.name = "plain functions of " + std::string(one.name);
    plain.make = [&one](std::pmr::memory_resource*) { return std::make_shared<plain_functions>(one); };
    all.push_back(plain);
    all.push_back(subsystem_on(one));
    if (one.own_heap != nullptr) {
        if (const heap_offer offer = one.own_heap(); offer.heap != nullptr) {
            conformance_subject heap;
            heap.name = "own heap of " + std::string(one.name);
            heap.make = [offer](std::pmr::memory_resource*) { return immortal(*offer.heap); };
            all.push_back(heap);
        }
    }
    if (one.name == "tbb") {
        for (conformance_subject& each : all) {
            each.no_busy_fork = "oneTBB takes no care of fork: a lock that another thread held stays held in the child";
        }
    }
    return all;
}

}  // namespace autopmr::testing
