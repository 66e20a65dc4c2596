// A pool for one thread: who uses it from another is found, and what has to be shared gets a lock.
#include <autopmr/autopmr.hpp>

#include <iostream>
#include <memory_resource>
#include <thread>
#include <vector>

int main() {
    // [one_thread]
    std::pmr::unsynchronized_pool_resource pool;
    autopmr::thread_check_resource         checked(&pool);
    std::pmr::vector<int>                  numbers({1, 2, 3}, &checked);  // from now on it is this thread's

    // Instead of ending the program, as it would by default:
    autopmr::set_fault_handler([](const autopmr::fault_report& report) noexcept {
        std::cout << autopmr::to_string(report.kind) << ": of thread " << report.expected_bytes << ", used by "
                  << report.given_bytes << '\n';
        return autopmr::fault_answer::quarantine;
    });
    bool found = false;
    std::thread([&] {
        try {
            numbers.resize(100);
        } catch (const autopmr::wrong_thread&) {
            found = true;  // and `numbers` is as it was
        }
    }).join();

    autopmr::synchronized_resource shared(&pool);  // a lock around it, for threads that seldom meet
    std::thread([&] { std::pmr::vector<int> theirs(100, &shared); }).join();
    // [/one_thread]
    return found && numbers.size() == 3 ? 0 : 1;
}
