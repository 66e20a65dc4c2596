// The suite on resources whose worth is known: some that must pass, and some that are broken in one way each, which must not.
// The resources of this library are run by tests/conformance.
#include <autopmr/testing/conformance.hpp>

#include "support/catch.hpp"
#include "support/sanitized.hpp"
#include "testing/mutants.hpp"

#include <cstdlib>
#include <string>

using namespace autopmr::testing;
using namespace mutants;

namespace {

/// "promise: what broke", a line each.
std::string what_broke(const conformance_subject& subject) {
    std::string broken;
    for (const promise_result& result : check_conformance(subject)) {
        if (result.what == outcome::broken) broken += result.promise + ": " + result.text + "\n";
    }
    return broken;
}

template <class Resource>
conformance_subject for_one_thread(const char* name) {
    conformance_subject subject = over_upstream<Resource>(name);
    subject.any_thread = false;
    return subject;
}

/// That promise is broken, and the words say how.
void finds(const conformance_subject& subject, const std::string& promise, const std::string& words) {
    const promise_result result = check_promise(subject, promise);
    CAPTURE(subject.name, promise, result.text);
    CHECK(result.what == outcome::broken);
    CHECK(result.text.find(words) != std::string::npos);
}

const char* const overlap = "live blocks do not overlap";
const char* const failures = "any failure of the upstream is survived";
const char* const aligned = "every alignment up to 64 KiB is kept";
const char* const random_history = "a random history agrees with a model";

}  // namespace

// The mutants hand wrong sizes to operator delete: the suite must find that, not AddressSanitizer.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "new_delete_type_mismatch=0"; }

TEST_CASE("the suite finds nothing wrong where nothing is") {
    auto sound = over_upstream<pass_through>("pass-through");
    sound.many_threads = true;
    CHECK(what_broke(sound) == "");
    auto pool = for_one_thread<little_pool<false>>("pool");
    CHECK(what_broke(pool) == "");
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
    CHECK(not_promised == 4);
}

TEST_CASE("promises can be asked one by one, and what is none is an error") {
    const auto subject = over_upstream<pass_through>("pass-through");
    const auto results = check_conformance(subject);
    const auto words = conformance_promises();
    REQUIRE(words.size() == results.size());
    for (std::size_t i = 0; i != words.size(); ++i) CHECK(results[i].promise == words[i]);
    CHECK(check_promise(subject, words.front()).what == outcome::kept);
    CHECK(check_promise(subject, "it is fast").what == outcome::broken);
}

TEST_CASE("the suite finds what is broken, by the right promise, and says what") {
    finds(over_upstream<rounds_sizes_on_free_only>("rounds"), overlap, "upstream: deallocate with");
    finds(over_upstream<rounds_sizes_on_free_only>("rounds"), random_history, "upstream: deallocate with");
    finds(over_upstream<forgets_alignment>("forgets"), aligned, "under-aligned");
    finds(over_upstream<forgets_alignment>("forgets"), random_history, "under-aligned");
    finds(over_upstream<forgets_alignment>("forgets"), "bad alignments are refused", "was served");
    finds(over_upstream<null_for_zero>("null"), "allocate(0) is unique and not null", "null for 0 bytes");
    finds(over_upstream<null_for_zero>("null"), random_history, "null");
    finds(over_upstream<overflows>("overflows"), "impossible sizes are refused", "was served");
    finds(over_upstream<writes_past_the_end>("overrun"), overlap, "a write past the end");
    finds(over_upstream<equals_all>("equal"), "equality is identity", "equals its upstream");
    finds(over_upstream<leaks_when_refused>("leaks"), failures, "failing at call 2");
    finds(over_upstream<never_gives_back>("hoards"), overlap, "never came back");
    finds(for_one_thread<overlaps>("overlaps"), overlap, "was written over");
    finds(for_one_thread<overlaps>("overlaps"), random_history, "on top of block");
    finds(for_one_thread<forgets_alignment_of_kept>("keeps"), random_history, "under-aligned");
    finds(for_one_thread<little_pool<true>>("twice in its list"), overlap, "was written over");
    finds(for_one_thread<little_pool<true>>("twice in its list"), random_history, "on top of block");
    if (!under_tsan) {  // which finds these too
        finds(over_upstream<hands_out_twice>("twice"), overlap, "was written over");
        finds(over_upstream<races>("races"), "threads may share it", "was written over by another thread's");
        CHECK(check_promise(over_upstream<races>("races"), random_history).what == outcome::kept);
    }
}

TEST_CASE("the suite finds books that are wrong") {
    auto early = for_one_thread<books_too_early>("early");
    early.books = [](std::pmr::memory_resource& r) { return std::to_string(static_cast<books_too_early&>(r).live); };
    finds(early, failures, "changed the books from");
    finds(early, random_history, "changed the books from");

    auto miscounting = for_one_thread<miscounts>("miscounts");
    miscounting.live_bytes = [](std::pmr::memory_resource& r) { return static_cast<miscounts&>(r).live; };
    finds(miscounting, random_history, "it says that");
}

TEST_CASE("the suite takes a resource with live blocks at its word") {
    const char* const at_the_end = "all goes back at the end, though blocks are live";
    auto              subject = for_one_thread<little_pool<false>>("pool that does not own large blocks");
    CHECK(check_promise(subject, at_the_end).what == outcome::not_promised);
    subject.releases_all = true;
    finds(subject, at_the_end, "never came back");

    conformance_subject arena;
    arena.name = "std's arena";
    arena.make = [](std::pmr::memory_resource* upstream) {
        return std::make_shared<std::pmr::monotonic_buffer_resource>(upstream);
    };
    arena.any_thread = false;
    arena.has_upstream = true;
    arena.releases_all = true;
    CHECK(check_promise(arena, at_the_end).what == outcome::kept);
}

TEST_CASE("the suite finds what is kept for threads that are gone") {
    const char* const thread_after_thread = "thread after thread costs nothing";
    auto              subject = over_upstream<remembers_threads>("remembers threads");
    CHECK(check_promise(subject, thread_after_thread).what == outcome::not_promised);
    subject.many_threads = true;
    finds(subject, thread_after_thread, "bytes after 201 threads");
}

TEST_CASE("the suite asks for no more memory at a time than docs/testing.md says") {
    auto subject = over_upstream<remembers_the_most>("remembers the most");
    subject.many_threads = true;
    subject.no_busy_fork = "its lock may be another thread's when the child is made";
    CHECK(what_broke(subject) == "");
    INFO(remembers_the_most::most);
    CHECK(remembers_the_most::most < 4u << 20);
    CHECK(remembers_the_most::most > 1u << 20);  // or the page asks for more than it takes
}

TEST_CASE("what a resource throws on one of the suite's threads is a broken promise, not the end of the program") {
    const char* const words = "threw where it should not";
    auto              none = over_upstream<refuses_elsewhere<0>>("serves its maker alone");
    none.many_threads = true;
    for (const char* promise : {"another thread may free", "threads may share it", "a thread that ends may use it",
             "thread after thread costs nothing"})
        finds(none, promise, words);
    if (malloc_survives_fork) finds(none, "a child forked while others allocate may use it", words);
    // In the middle: with blocks out, and where the thread's objects are being destroyed.
    finds(over_upstream<refuses_elsewhere<100>>("serves others for a while"), "threads may share it", words);
    finds(over_upstream<refuses_elsewhere<1>>("serves others once"), "a thread that ends may use it", words);
    finds(over_upstream<refuses_elsewhere<20>>("refuses late"), "a thread that ends may use it", words);
}
