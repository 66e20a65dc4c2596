// The suite on resources whose worth is known: some that must pass, and some that are broken in one way each, which must not. The resources of this library are run by run.cpp.
#include "conformance.hpp"
#include "suspicious_upstream.hpp"

#include "support/sanitized.hpp"
#include "support/catch.hpp"

#include <autopmr/errors.hpp>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <new>

using namespace autopmr::testing;

namespace {

std::string what_broke(const conformance_subject& subject) {
    std::string broken;
    for (const promise_result& result : check_conformance(subject)) {
        if (result.what == outcome::broken) broken += result.promise + ": " + result.text + "\n";
    }
    return broken;
}

/// Keeps every promise by passing all on, until a test takes one away.
class pass_through : public std::pmr::memory_resource {
public:
    explicit pass_through(std::pmr::memory_resource* upstream) : upstream_(upstream) {}

protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override { return upstream_->allocate(bytes, alignment); }
    void  do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(p, bytes, alignment);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    std::pmr::memory_resource* upstream_;
};

template <class Resource>
conformance_subject over_upstream(const char* name) {
    conformance_subject subject;
    subject.name = name;
    subject.make = [](std::pmr::memory_resource* upstream) { return std::make_shared<Resource>(upstream); };
    subject.has_upstream = true;
    return subject;
}

struct rounds_sizes_on_free_only final : pass_through {
    using pass_through::pass_through;
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(p, (bytes + 7) / 8 * 8, alignment);
    }
};

struct forgets_alignment final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t) override { return upstream_->allocate(bytes, 16); }
    void  do_deallocate(void* p, std::size_t bytes, std::size_t) override { upstream_->deallocate(p, bytes, 16); }
};

struct null_for_zero final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return bytes == 0 ? nullptr : upstream_->allocate(bytes, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        if (p != nullptr) upstream_->deallocate(p, bytes, alignment);
    }
};

struct overflows final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override { return upstream_->allocate(bytes + 64, alignment); }
    void  do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(p, bytes + 64, alignment);
    }
};

struct writes_past_the_end final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* p = upstream_->allocate(bytes, alignment);
        static_cast<volatile unsigned char*>(p)[bytes] = 1;
        return p;
    }
};

struct equals_all final : pass_through {
    using pass_through::pass_through;
    bool do_is_equal(const std::pmr::memory_resource&) const noexcept override { return true; }
};

/// Counts before it asks, and forgets to take that back.
struct books_too_early final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        live += bytes;
        return upstream_->allocate(bytes, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(p, bytes, alignment);
        live -= bytes;
    }
    std::size_t live = 0;
};

/// Takes a second block for itself and loses it when the first fails.
struct leaks_when_refused final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* own = upstream_->allocate(8, 8);
        void* p = upstream_->allocate(bytes, alignment);
        upstream_->deallocate(own, 8, 8);
        return p;
    }
};

struct never_gives_back final : pass_through {
    using pass_through::pass_through;
    void do_deallocate(void*, std::size_t, std::size_t) override {}
};

/// Gives the block that was freed last to the next who asks, whatever it asks for.
struct hands_out_twice final : pass_through {
    using pass_through::pass_through;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (bytes != 0 && bytes < 300 && alignment <= 16) return room;
        return upstream_->allocate(bytes, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        if (p != room) upstream_->deallocate(p, bytes, alignment);
    }
    alignas(64) unsigned char room[300];
};

}  // namespace

// The mutants hand wrong sizes to operator delete: the suite must find that, not AddressSanitizer.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "new_delete_type_mismatch=0"; }

TEST_CASE("the suite finds nothing wrong where nothing is") {
    CHECK(what_broke(over_upstream<pass_through>("pass-through")) == "");
}

TEST_CASE("the suite runs a resource for one thread on that thread alone, and says so") {
    auto subject = over_upstream<pass_through>("for one thread");
    subject.any_thread = false;  // from now on the upstream complains of any other
    unsigned not_promised = 0;
    for (const promise_result& result : check_conformance(subject)) {
        INFO(result.promise << ": " << result.text);
        CHECK(result.what != outcome::broken);
        if (result.what == outcome::not_promised && result.text == "it is for one thread") ++not_promised;
    }
    CHECK(not_promised == (malloc_survives_fork ? 4 : 3));
}

TEST_CASE("the suite finds what is broken, and says what") {
    const auto finds = [](const conformance_subject& subject, const char* words) {
        const std::string broken = what_broke(subject);
        INFO(broken);
        CHECK(broken.find(words) != std::string::npos);
    };
    finds(over_upstream<rounds_sizes_on_free_only>("rounds"), "upstream: deallocate with");
    finds(over_upstream<forgets_alignment>("forgets"), "under-aligned");
    finds(over_upstream<forgets_alignment>("forgets"), "bad alignments are refused: ");
    finds(over_upstream<null_for_zero>("null"), "null for 0 bytes");
    finds(over_upstream<overflows>("overflows"), "impossible sizes are refused: ");
    auto overrun = over_upstream<writes_past_the_end>("overrun");
    overrun.no_busy_fork = "it would write past blocks of a real heap";
    finds(overrun, "a write past the end");
    finds(over_upstream<equals_all>("equal"), "equality is identity");
    finds(over_upstream<leaks_when_refused>("leaks"), "failing at call 2");
    finds(over_upstream<never_gives_back>("hoards"), "never came back");
    if (!under_tsan) finds(over_upstream<hands_out_twice>("twice"), "was written over");  // which finds it too

    auto early = over_upstream<books_too_early>("early");
    early.any_thread = false;
    early.books = [](std::pmr::memory_resource& r) { return std::to_string(static_cast<books_too_early&>(r).live); };
    finds(early, "changed the books from");
}

TEST_CASE("a suspicious upstream that knows its thread complains of any other") {
    suspicious_upstream mine(suspicious_upstream::threads::only_the_maker);
    void*               p = nullptr;
    std::thread([&] { p = mine.allocate(8, 8); }).join();
    mine.deallocate(p, 8, 8);
    CHECK(mine.complaint() == "allocate on a thread that did not make this upstream");
}

TEST_CASE("a suspicious upstream aligns as asked and no better, and fails when told to") {
    suspicious_upstream upstream;
    for (std::size_t alignment = 1; alignment <= 65536; alignment *= 2) {
        void* p = upstream.allocate(3, alignment);
        CHECK(reinterpret_cast<std::uintptr_t>(p) % (2 * alignment) == alignment);
        upstream.deallocate(p, 3, alignment);
    }
    upstream.fail_at(2);
    void* p = upstream.allocate(1, 1);
    CHECK_THROWS_AS(upstream.allocate(1, 1), autopmr::out_of_memory);
    upstream.deallocate(p, 1, 1);
    CHECK(upstream.refusals() == 1);
    upstream.deallocate(p, 1, 1);
    CHECK(upstream.complaint() == "deallocate of a block that is not live");
}
