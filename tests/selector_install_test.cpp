// install_default(): each case in a process of its own, since a process installs once.

#include <autopmr/selector.hpp>

#include "support/catch.hpp"
#include "support/child_wishes.hpp"

#include <atomic>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <unistd.h>

using namespace autopmr;
using namespace autopmr_test;

namespace {

class counting_default final : public std::pmr::memory_resource {
public:
    int allocations = 0;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        ++allocations;
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace

TEST_CASE("before it is installed there is no decision") {
    must_pass([] {
        need(!default_decision().ok());
        need(!default_decision().error().empty());
        need(std::pmr::get_default_resource() == std::pmr::new_delete_resource());
        return 0;
    });
}

TEST_CASE("install_default makes the chosen backend the default") {
    const std::string said = must_pass([] {
        only(nullptr, nullptr);
        const decision made = install_default();
        need(made.ok());
        need(made == select());
        need(std::pmr::get_default_resource() == &made.chosen->resource());
        need(default_decision() == made);
        need(&default_decision().resource() == std::pmr::get_default_resource());
        std::pmr::vector<int> numbers(1000, 7);
        need(numbers[999] == 7);
        return 0;
    });
    CHECK(said.empty());
}

TEST_CASE("a second install returns the first decision, and notes what else was asked") {
    must_pass([] {
        only(nullptr, nullptr);
        const decision first = install_default(named("system"));
        need(first.ok() && first.notes.empty());
        const decision same = install_default(named("system"));
        need(same == first && same.notes.empty());
        const decision second = install_default(named("new_delete"));
        need(second == first);
        need(second.notes.size() == 1);
        need(second.notes[0].view() == "install_default() had already decided when it was asked for backend new_delete");
        need(install_default(wanting(goal::hardened)).notes[0].view() ==
             "install_default() had already decided when it was asked for goal hardened");
        need(default_decision().notes.empty());
        return 0;
    });
}

TEST_CASE("a second install says that the program has set another default since") {
    must_pass([] {
        only(nullptr, nullptr);
        const decision first = install_default(named("system"));
        need(first.ok() && install_default().notes.empty());
        std::pmr::set_default_resource(nullptr);
        const decision second = install_default();
        need(second == first && second.notes.size() == 1);
        need(second.notes[0].view().find("the program has set another default resource since") == 0);
        need(std::pmr::get_default_resource() == std::pmr::new_delete_resource());
        std::pmr::set_default_resource(&first.resource());
        need(install_default().notes.empty());
        return 0;
    });
    must_pass([] {  // and where it had kept one
        only(nullptr, nullptr);
        counting_default mine, another;
        std::pmr::set_default_resource(&mine);
        const std::size_t told = install_default(named("system")).notes.size();
        need(install_default().notes.size() == told);
        std::pmr::set_default_resource(&another);
        need(install_default().notes.size() == told + 1);
        return 0;
    });
}

TEST_CASE("on error nothing is installed, and a later call may do better") {
    must_pass([] {
        only(nullptr, nullptr);
        const decision wrong = install_default(named("nonesuch"));
        need(!wrong.ok());
        need(!default_decision().ok());
        need(std::pmr::get_default_resource() == std::pmr::new_delete_resource());
        need(install_default(named("system")).ok());
        need(default_decision().chosen->name == "system");
        return 0;
    });
}

TEST_CASE("a default that the program had set is kept, and said") {
    must_pass([] {
        only(nullptr, nullptr);
        counting_default mine;
        std::pmr::set_default_resource(&mine);
        const decision made = install_default();
        need(made.ok());
        need(std::pmr::get_default_resource() == &mine);
        need(made.kept == &mine);
        need(&made.resource() == &mine);
        need(made.notes.size() == 1);
        need(made.line().find("kept the program's own default resource") != std::string::npos);
        need(made.tunings.empty());
        policy wishes;
        wishes.replace = true;
        need(install_default(wishes).notes.size() == 2);
        need(std::pmr::get_default_resource() == &mine);
        std::pmr::set_default_resource(nullptr);
        return 0;
    });
}

TEST_CASE("a backend that the program had set is kept by name") {
    must_pass([] {
        only(nullptr, nullptr);
        std::pmr::set_default_resource(&find_backend("new_delete")->resource());
        const decision made = install_default(named("system"));
        need(made.kept == &find_backend("new_delete")->resource());
        need(made.notes[0].view().find("already set (new_delete)") != std::string::npos);
        return 0;
    });
}

TEST_CASE("with replace the program's default goes, and nothing was taken from it") {
    must_pass([] {
        only(nullptr, nullptr);
        counting_default mine;
        std::pmr::set_default_resource(&mine);
        policy wishes;
        wishes.replace = true;
        const decision made = install_default(wishes);
        need(made.ok() && made.kept == nullptr);
        need(std::pmr::get_default_resource() == &made.chosen->resource());
        need(mine.allocations == 0);
        return 0;
    });
}

TEST_CASE("64 threads race to install, and one decision comes of it") {
    must_pass([] {
        only(nullptr, nullptr);
        constexpr int                         count = 64;
        std::atomic<int>                      ready{0};
        std::vector<std::thread>              threads;
        std::vector<std::pmr::memory_resource*> seen(count);
        std::vector<int>                      good(count);
        for (int i = 0; i != count; ++i)
            threads.emplace_back([&, i] {
                ++ready;
                while (ready.load() != count) std::this_thread::yield();
                const decision made = install_default(named(i % 2 == 0 ? "system" : "new_delete"));
                const auto     at = static_cast<std::size_t>(i);
                seen[at] = &made.resource();
                // Whoever returns finds the default in place.
                good[at] = made.ok() && made == default_decision() && std::pmr::get_default_resource() == &made.resource();
            });
        for (std::thread& one : threads) one.join();
        for (int i = 0; i != count; ++i) {
            need(good[static_cast<std::size_t>(i)] != 0);
            need(seen[static_cast<std::size_t>(i)] == seen[0]);
        }
        return 0;
    });
}

TEST_CASE("a thread with a small stack can install") {
    must_pass([] {
        only(nullptr, nullptr);
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        // A sanitizer widens every frame.
        const bool widened = gather().facts.watching.value_or(sanitizer::none) != sanitizer::none;
        pthread_attr_setstacksize(&attributes, (widened ? 1024 : 128) * std::size_t{1024});
        pthread_t  thread;
        const auto body = [](void*) -> void* { return install_default(named("system")).ok() ? std::pmr::get_default_resource() : nullptr; };
        need(pthread_create(&thread, &attributes, body, nullptr) == 0);
        void* answer = nullptr;
        need(pthread_join(thread, &answer) == 0);
        need(answer != nullptr);
        return 0;
    });
}

TEST_CASE("the chosen backend is tuned, and the decision says what was set and why") {
    for (const backend& one : backends()) {
        if (one.tune == nullptr || !one.why_not().empty()) continue;
        must_pass([&] {
            only(nullptr, nullptr);
            need(select(named(one.name)).tunings.empty());
            tuning_log expected(goal::footprint);
            one.tune(gather().facts, expected);
            policy wishes = named(one.name);
            wishes.wanted = goal::footprint;
            const decision made = install_default(wishes);
            need(made.ok() && made.tunings.wanted() == goal::footprint);
            need(made.tunings.size() == expected.size());
            for (std::size_t i = 0; i != expected.size(); ++i) {
                need(made.tunings[i].backend == one.name);
                need(made.tunings[i].parameter == expected[i].parameter && made.tunings[i].value.view() == expected[i].value.view());
                need(!made.tunings[i].fact.empty() && !made.tunings[i].origin.empty());
            }
            return 0;
        });
    }
}

TEST_CASE("a child inherits what its parent installed, and can install what it did not") {
    must_pass([] {
        only(nullptr, nullptr);
        const auto first = in_child([] { return install_default(named("system")).ok() ? 0 : 1; });
        need(first.exit_status == 0);
        need(!default_decision().ok());
        need(install_default(named("system")).ok());
        const auto second = in_child([] { return default_decision().ok() && install_default().notes.empty() ? 0 : 1; });
        need(second.exit_status == 0);
        return 0;
    });
}

// Before main: constant initialisation makes the order of initialisers irrelevant.
namespace {
const bool installed_before_main = [] {
    if (const char* asked = std::getenv("AUTOPMR_TEST_EARLY"); asked == nullptr) return false;
    return install_default().ok();
}();
struct at_the_end {
    ~at_the_end() {
        if (!installed_before_main) return;
        std::pmr::vector<int> late(100, 1, &default_decision().resource());
        if (late[99] != 1 || !install_default().ok()) ::_exit(9);
    }
};
const at_the_end last_words;
}  // namespace

TEST_CASE("it works before main and in static destructors: the program", "[.early]") { CHECK(installed_before_main); }

TEST_CASE("it works before main and in static destructors") {
    const auto end = in_child([] {
        only("AUTOPMR_TEST_EARLY", "1");
        ::execl("/proc/self/exe", "early", "[.early]", static_cast<char*>(nullptr));
        return 2;
    });
    INFO(end.error);
    CHECK(end.exit_status == 0);
    CHECK(end.signal == 0);
}
