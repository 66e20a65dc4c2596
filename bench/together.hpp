#pragma once
/// \file
/// Work on several threads at once, timed.

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace bench {

/// From the first thread's beginning to the last one's end, as they saw it: whoever waits for them is woken when it suits the system.
inline double together(unsigned threads, const std::function<void(unsigned)>& work) {
    using clock = std::chrono::steady_clock;
    std::barrier                   start(static_cast<std::ptrdiff_t>(threads));
    std::vector<clock::time_point> began(threads), ended(threads);
    std::vector<std::thread>       all;
    for (unsigned t = 0; t != threads; ++t)
        all.emplace_back([&, t] {
            start.arrive_and_wait();
            began[t] = clock::now();
            work(t);
            ended[t] = clock::now();
        });
    for (std::thread& t : all) t.join();
    return std::chrono::duration<double>(*std::max_element(ended.begin(), ended.end()) - *std::min_element(began.begin(), began.end())).count();
}

}  // namespace bench
