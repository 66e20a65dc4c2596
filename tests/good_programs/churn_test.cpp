/// Threads that allocate, fill, hand over to one another and free, under each guard.
#include "guards.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace good_programs;

namespace {

constexpr unsigned threads = 4;

/// What lies in it can be told from where it begins: size, then the same byte to its end.
struct parcel {
    std::uint32_t bytes, byte;
};

parcel* packed(resource& guard, std::mt19937& random) {
    const auto bytes = static_cast<std::uint32_t>(sizeof(parcel) + random() % (random() % 32 == 0 ? 20000 : 500));
    auto* const one = static_cast<parcel*>(guard.allocate(bytes, alignof(parcel)));
    *one = {bytes, static_cast<std::uint32_t>(random() % 256)};
    std::memset(one + 1, static_cast<int>(one->byte), bytes - sizeof(parcel));
    return one;
}
bool unpacked(resource& guard, parcel* one) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(one + 1);
    bool              whole = true;
    for (std::size_t i = 0; i != one->bytes - sizeof(parcel); ++i) whole = whole && bytes[i] == one->byte;
    guard.deallocate(one, one->bytes, alignof(parcel));
    return whole;
}

void on_all_threads(const std::function<void(unsigned)>& work) {
    std::vector<std::thread> all;
    for (unsigned t = 0; t != threads; ++t) all.emplace_back(work, t);
    for (std::thread& one : all) one.join();
}

}  // namespace

TEST_CASE("blocks in a table that all threads replace") {
    under_each_guard([](resource& guard) {
        std::vector<std::atomic<parcel*>> table(128);
        std::atomic<int>                  broken{0};
        on_all_threads([&](unsigned t) {
            std::mt19937 random(t);
            for (int i = 0; i != 3000; ++i)
                if (parcel* const old = table[random() % table.size()].exchange(packed(guard, random)))
                    broken += unpacked(guard, old) ? 0 : 1;
        });
        for (auto& slot : table)
            if (parcel* const old = slot.exchange(nullptr)) broken += unpacked(guard, old) ? 0 : 1;
        CHECK(broken == 0);
    });
}

TEST_CASE("a queue of strings from makers to takers") {
    under_each_guard([](resource& guard) {
        std::mutex                         lock;
        std::condition_variable            comes;
        std::pmr::deque<std::pmr::string>  queue(&guard);
        std::atomic<std::size_t>           made{0}, taken{0};
        constexpr int                      each = 1500;
        on_all_threads([&](unsigned t) {
            for (int i = 0; i != each; ++i) {
                if (t % 2 == 0) {
                    std::pmr::string text(static_cast<std::size_t>(i % 97), 'x', &guard);
                    made += text.size();
                    const std::scoped_lock hold(lock);
                    queue.push_back(std::move(text));
                    comes.notify_one();
                } else {
                    std::unique_lock hold(lock);
                    comes.wait(hold, [&] { return !queue.empty(); });
                    const std::pmr::string text = std::move(queue.front());
                    queue.pop_front();
                    hold.unlock();
                    taken += text.size();
                }
            }
        });
        CHECK(made == taken);
        CHECK(queue.empty());
    });
}

TEST_CASE("maps that one thread fills, another changes and a third drops; threads come and go") {
    under_each_guard([](resource& guard) {
        using book = std::pmr::map<int, std::pmr::string>;
        std::vector<std::optional<book>> books(threads);
        for (auto& one : books) one.emplace(&guard);
        for (unsigned round = 0; round != 9; ++round)
            on_all_threads([&](unsigned t) {
                auto& mine = books[(t + round) % threads];
                if (round % 3 == 0) mine.emplace(&guard);
                for (int i = 0; i != 200; ++i) {
                    const int key = static_cast<int>(round) * 37 % 100 + i % 100;
                    if (i % 3 == 0) mine->erase(key);
                    else (*mine)[key].assign(static_cast<std::size_t>(i), 'm');
                }
            });
    });
}
