#include "stacks.hpp"

#include <autopmr/autopmr.hpp>

#include <atomic>
#include <cstdlib>
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
    return {std::move(name),
            [=](std::pmr::memory_resource* below) { return std::make_shared<Observed>(arguments..., below); },
            [=](std::pmr::memory_resource& r) { return text(now(static_cast<Observed&>(r))); }};
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

/// Ends the program when a second call begins before the first is over.
class one_at_a_time {
public:
    static constexpr std::string_view name = "one_at_a_time";
    void reserve(const block_request&) noexcept { enter(); }
    void commit(void*, const block_request&) noexcept { inside_ = false; }
    void cancel(const block_request&) noexcept { inside_ = false; }
    void retire(void*, const block_request&) noexcept { enter(); }
    void settle(const block_request&) noexcept { inside_ = false; }

private:
    void enter() noexcept {
        if (inside_.exchange(true)) std::abort();
    }
    std::atomic<bool> inside_{false};
};

template <class Resource, class Make>
stack stack_of(std::string name, Make make) {
    return {std::move(name), [=](std::pmr::memory_resource* below) { return std::shared_ptr<Resource>(make(below)); }};
}

/// The decorators that are a class of their own, or an observer without books.
void add_plain_stacks(std::vector<stack>& all) {
    using memory = std::pmr::memory_resource;
    all.push_back(stack_of<sentinel_resource>("sentinel", [](memory* below) { return new sentinel_resource(below); }));
    all.push_back(stack_of<failing_resource>("failing", [](memory* below) { return new failing_resource(below); }));
    all.push_back(stack_of<thread_check_resource>("thread_check", [](memory* below) { return new thread_check_resource(below); }));
    all.back().any_thread = false;
    all.push_back(stack_of<synchronized_resource>("synchronized", [](memory* below) { return new synchronized_resource(below); }));
    all.push_back(stack_of<synchronized_resource>("synchronized over what bears one call at a time", [](memory* below) {
        return new synchronized_resource(std::make_shared<observed<one_at_a_time>>(below));
    }));
    all.push_back(stack_of<aligned_resource>("aligned", [](memory* below) { return new aligned_resource(64, below); }));
    all.push_back(stack_of<aligned_resource>("aligned with whole sizes", [](memory* below) {
        return new aligned_resource(4096, aligned_resource::sizes::whole, below);
    }));
    all.push_back(stack_of<segregating_resource>("segregating", [](memory* below) {
        return new segregating_resource(100, std::make_shared<statistics_resource>(below), below);
    }));
    all.push_back(stack_of<fallback_resource>("fallback from a small budget", [](memory* below) {
        return new fallback_resource(std::make_shared<limit_resource>(std::size_t{4000}, below), below);
    }));
    all.push_back(stack_of<fallback_resource>("fallback from nothing", [](memory* below) {
        return new fallback_resource(std::pmr::null_memory_resource(), below);
    }));
    all.push_back(stack_of<failure_callback_resource>("failure_callback", [](memory* below) {
        return new failure_callback_resource([](void*, std::size_t, std::size_t, unsigned n) { return n < 2; }, nullptr, below);
    }));
}

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
    all.push_back(make_stack<soft_limit_resource>(
        "soft_limit", [](auto& r) { return usage{r.observer().live()}; }, std::size_t{1000}, std::size_t{500},
        soft_limit_callback([](void*, std::size_t) noexcept {}), static_cast<void*>(nullptr)));
    add_plain_stacks(all);
    return all;
}

std::vector<conformance_subject> subjects_of(const backend& one) {
    std::vector<conformance_subject> all;
    for (stack& each : stacks()) {
        conformance_subject subject;
        subject.name = (each.name.empty() ? "" : each.name + " on ") + std::string(one.name);
        subject.make = [make = each.make, &one](std::pmr::memory_resource*) { return make(&one.resource()); };
        subject.books = each.books;
        subject.any_thread = each.any_thread;
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
    return all;
}

}  // namespace autopmr::testing
