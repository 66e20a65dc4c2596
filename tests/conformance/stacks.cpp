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
constexpr std::size_t buffer_bytes = std::size_t{32} << 20;

/// Tracing to nowhere: what a child of the suite does must make no file.
trace_file& nowhere() {
    static trace_file file("/dev/null", trace_fork::stop);
    return file;
}

std::string text(const usage& now) { return std::to_string(now.live) + " bytes live after " + std::to_string(now.count) + " allocations"; }

std::string text(const tracking_resource& now) {
    return std::to_string(now.live_bytes()) + " bytes live in " + std::to_string(now.live_blocks()) + " blocks after " +
           std::to_string(now.allocations()) + " allocations";
}

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

std::string text(const arena_usage& now) {
    return std::to_string(now.used) + " bytes used of " + std::to_string(now.reserved) + " in " + std::to_string(now.chunks) + " chunks";
}

/// Small chunks, so that large requests go beyond the cap.
stack arena() {
    return {"arena",
            [](std::pmr::memory_resource* below) { return std::make_shared<arena_resource>(arena_options{256, 8192}, below); },
            [](std::pmr::memory_resource& r) { return text(static_cast<arena_resource&>(r).now()); }, false, {}, true};
}

/// Its first blocks lie in a buffer.
stack arena_in_a_buffer() {
    struct with_buffer {
        explicit with_buffer(std::pmr::memory_resource* below) : arena(buffer, sizeof buffer, below) {}
        char           buffer[1000];
        arena_resource arena;
    };
    return {"arena in a buffer",
            [](std::pmr::memory_resource* below) {
                const auto both = std::make_shared<with_buffer>(below);
                return std::shared_ptr<std::pmr::memory_resource>(both, &both->arena);
            },
            [](std::pmr::memory_resource& r) { return text(static_cast<arena_resource&>(r).now()); }, false, {}, true};
}

std::string text(const pool_usage& now) {
    return std::to_string(now.live_blocks) + " pooled and " + std::to_string(now.large_blocks) + " large blocks";
}

/// Of small chunks, so that sizes beyond the pool are common.
template <class Pool>
stack pool(std::string name, bool any_thread) {
    stack one;
    one.name = std::move(name);
    one.make = [](std::pmr::memory_resource* below) { return std::make_shared<Pool>(pool_options{16384}, below); };
    one.books = [](std::pmr::memory_resource& r) { return text(static_cast<Pool&>(r).usage()); };
    one.any_thread = one.many_threads = any_thread;
    one.releases_all = true;
    return one;
}

template <class Resource>
conformance_subject source(std::string name) {
    conformance_subject subject;
    subject.name = std::move(name);
    subject.make = [](std::pmr::memory_resource*) { return std::make_shared<Resource>(); };
    return subject;
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

/// Guards that stand on any upstream. A small quarantine, so that blocks leave it while the suite runs.
void add_guards(std::vector<stack>& all) {
    using memory = std::pmr::memory_resource;
    const quarantine_options few{.most_blocks = 64, .most_bytes = 1 << 20};
    all.push_back(stack_of<canary_resource>("canary", [](memory* below) { return new canary_resource(below); }));
    all.push_back(stack_of<quarantine_resource>("quarantine", [=](memory* below) { return new quarantine_resource(few, below); }));
    all.push_back(stack_of<zeroing_resource>("zeroing", [](memory* below) { return new zeroing_resource(below); }));
    all.push_back(stack_of<canary_resource>("canary over quarantine over a concurrent pool", [=](memory* below) {
        return new canary_resource(canary_options{.fill = true},
                                   std::make_shared<quarantine_resource>(few, std::make_shared<concurrent_pool_resource>(pool_options{16384}, below)));
    }));
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
    all.push_back({"tracing",
                   [](std::pmr::memory_resource* below) { return std::make_shared<tracing_resource>(nowhere(), "conformance", below); }, {}});
    all.push_back({"sentinel", [](std::pmr::memory_resource* below) { return std::make_shared<sentinel_resource>(below); }, {}});
    all.push_back(make_stack<soft_limit_resource>(
        "soft_limit", [](auto& r) { return usage{r.observer().live()}; }, std::size_t{1000}, std::size_t{500},
        soft_limit_callback([](void*, std::size_t) noexcept {}), static_cast<void*>(nullptr)));
    add_plain_stacks(all);
    add_guards(all);
    for (const bool call_stacks : {true, false}) {
        tracking_options options;
        options.call_stacks = call_stacks;
        all.push_back({call_stacks ? "tracking" : "tracking without call stacks",
                       [=](std::pmr::memory_resource* below) { return std::make_shared<tracking_resource>(options, below); },
                       [](std::pmr::memory_resource& r) { return text(static_cast<tracking_resource&>(r)); }});
    }
    all.push_back(arena());
    all.push_back(arena_in_a_buffer());
    all.push_back(pool<pool_resource>("pool", false));
    all.push_back(pool<concurrent_pool_resource>("concurrent pool", true));
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

std::vector<conformance_subject> sources() {
    struct heap_with_buffer {
        std::unique_ptr<char[]> memory{new char[buffer_bytes]};
        fixed_heap_resource     heap{memory.get(), buffer_bytes};
    };
    conformance_subject own_mapped;
    own_mapped.name = "the process's mapped";
    own_mapped.make = [](std::pmr::memory_resource*) { return immortal(mapped()); };
    std::vector<conformance_subject> all(2);
    all[0].name = "fixed heap";
    all[0].make = [](std::pmr::memory_resource*) {
        const auto whole = std::make_shared<heap_with_buffer>();
        return std::shared_ptr<std::pmr::memory_resource>(whole, &whole->heap);
    };
    all[0].books = [](std::pmr::memory_resource& r) { return std::to_string(static_cast<fixed_heap_resource&>(r).used()); };
    all[1].name = "static resource";
    all[1].make = [](std::pmr::memory_resource*) { return std::make_shared<static_resource<buffer_bytes>>(); };
    all[1].books = [](std::pmr::memory_resource& r) { return std::to_string(static_cast<static_resource<buffer_bytes>&>(r).used()); };
    for (conformance_subject& each : all) each.any_thread = false;
    all.insert(all.end(), {own_mapped, source<mapped_resource>("mapped"), source<huge_page_resource>("huge pages")});
    return all;
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
