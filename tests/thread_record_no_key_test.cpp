// Where the system can't say when a thread ends, a thread does without a record: none is left behind, and nothing is lost.
#include <autopmr/ledger.hpp>

#include "src/support/per_thread.hpp"
#include "support/catch.hpp"

#include <pthread.h>

#include <thread>

using namespace autopmr;

TEST_CASE("threads whose end can't be seen leave no records behind") {
    std::thread([] {}).join();  // the standard library may want a key of its own first
    pthread_key_t key;
    while (::pthread_key_create(&key, nullptr) == 0) {
    }
    const auto records = [] {
        std::size_t many = 0;
        for (auto* record = per_thread::first_record(); record != nullptr; record = record->next) ++many;
        return many;
    };
    ledger            books(1 << 30);
    const std::size_t before = records();
    for (int i = 0; i != 20; ++i)
        std::thread([&] {
            CHECK(per_thread::current_or_new() == nullptr);
            REQUIRE(books.charge(100) == nullptr);
            books.add(10);
            books.retire(50);
            REQUIRE(books.charge(1 << 20) == nullptr);
            books.cancel(1 << 20);
        }).join();
    CHECK(records() <= before + 1);
    const auto u = books.now();
    CHECK(u.live == 20 * 60);
    CHECK(u.total == 20 * 110);
    CHECK(u.count == 40);
    CHECK(u.peak < 1 << 20);
    for (auto* record = per_thread::first_record(); record != nullptr; record = record->next) CHECK_FALSE(record->in_use);
}
