// Good programs make no fault.
#include <autopmr/guarded/canary_resource.hpp>
#include <autopmr/guarded/quarantine_resource.hpp>

#include "support/catch.hpp"
#include "support/faults.hpp"

#include <atomic>
#include <cstring>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

using namespace autopmr;
using autopmr_test::counted_faults;

TEST_CASE("containers of the standard library make no fault") {
    const counted_faults faults;
    {
        quarantine_resource quarantine({.most_blocks = 100});
        canary_resource     canary({.fill = true}, &quarantine);
        for (int round = 0; round != 3; ++round) {
            std::pmr::vector<std::pmr::string>                 strings(&canary);
            std::pmr::deque<int>                               deque(&canary);
            std::pmr::list<int>                                list(&canary);
            std::pmr::forward_list<char>                       forward(&canary);
            std::pmr::map<int, std::pmr::string>               map(&canary);
            std::pmr::multiset<int>                            set(&canary);
            std::pmr::unordered_map<int, std::pmr::vector<int>> table(&canary);
            std::pmr::unordered_set<std::pmr::string>          names(&canary);
            std::pmr::vector<bool>                             bits(&canary);
            for (int i = 0; i != 2000; ++i) {
                strings.emplace_back(static_cast<std::size_t>(i % 100), 'x');
                deque.push_front(i);
                list.push_back(i);
                forward.push_front('a');
                map[i % 300] += "some text that does not fit in place";
                set.insert(i);
                table[i % 70].push_back(i);
                names.emplace(std::to_string(i) + " is no short string at all");
                bits.push_back(i % 3 == 0);
            }
            map.clear();
            strings.resize(10);
            strings.shrink_to_fit();
            auto moved = std::move(table);
            list.remove_if([](int i) { return i % 2 == 0; });
        }
        CHECK(quarantine.verify() == 0);
    }
    CHECK(faults.count == 0);
}

TEST_CASE("threads free one another's blocks") {
    const counted_faults faults;
    quarantine_resource  quarantine({.most_blocks = 500});
    canary_resource      canary(&quarantine);
    std::atomic<void*>   table[64] = {};
    std::vector<std::thread> threads;
    for (unsigned t = 0; t != 4; ++t)
        threads.emplace_back([&, t] {
            for (unsigned i = 0; i != 5000; ++i) {
                void* const block = canary.allocate(48);
                std::memset(block, static_cast<int>(t), 48);
                if (void* const old = table[(i * 7 + t) % 64].exchange(block)) canary.deallocate(old, 48);
                if (i % 1000 == 0) quarantine.verify();
            }
        });
    for (std::thread& thread : threads) thread.join();
    for (auto& one : table)
        if (void* const block = one.load()) canary.deallocate(block, 48);
    CHECK(faults.count == 0);
}
