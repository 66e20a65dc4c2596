#include "per_thread.hpp"

#include "src/ledger_books.hpp"
#include "src/platform/os.hpp"
#include "src/support/fork_watch.hpp"

namespace autopmr::per_thread {
namespace {

constinit std::mutex        the_lock;
constinit thread_record*    records = nullptr;
constinit std::atomic<bool> stays{false};
constinit std::atomic<guest*> guests{nullptr};  // only ever grows at its head

template <class Call>
void for_each_guest(Call call) noexcept {
    for (guest* one = guests.load(std::memory_order_acquire); one != nullptr; one = one->next) call(*one);
}

void end_of_thread(void* value) noexcept {
    auto* record = static_cast<thread_record*>(value);
    os::keep_thread_record(reinterpret_cast<thread_record*>(thread_is_over));
    for_each_guest([&](guest& one) { one.thread_ends(*record); });
    const std::scoped_lock hold(the_lock);
    books::close_record(*record);
    record->in_use = false;
}

struct books_at_fork {
    static void before_fork() noexcept {
        the_lock.lock();
        for_each_guest([](guest& one) { one.before_fork(); });
    }
    static void in_parent() noexcept {
        for_each_guest([](guest& one) { one.in_parent(); });
        the_lock.unlock();
    }
    static void in_child() noexcept {
        if (thread_record* const mine = current()) {
            mine->number = os::thread_number();
            mine->sampling.left = mine->sampling.rest = 0;  // children that fork one after another sample at different points
            mine->sampling.seed = 0;
        }
        for_each_guest([](guest& one) { one.in_child(); });
        // Only the forking thread came along: the others' records are closed as if they had ended.
        for (thread_record* record = records; record != nullptr; record = record->next) {
            if (!record->in_use || record == current()) continue;
            record->drawing.store(false);
            record->sampling = {};
            books::close_record(*record);
            record->in_use = false;
        }
        books::count_grants_anew();
        the_lock.unlock();
    }
};

thread_record* take_record() noexcept {
    for (thread_record* record = records; record != nullptr; record = record->next) {
        if (!record->in_use) return record;
    }
    auto* record = static_cast<thread_record*>(os::map_pages(record_bytes));
    if (record == nullptr) return nullptr;
    record->next = records;
    records = record;
    return record;
}

}  // namespace

void watch_fork() noexcept { fork_watch<books_at_fork>::begin(); }

void invite(guest& who) noexcept {
    if (who.present.load(std::memory_order_acquire)) return;
    watch_fork();
    const std::scoped_lock hold(the_lock);  // no fork in the middle of this
    if (who.present.load(std::memory_order_relaxed)) return;
    who.next = guests.load(std::memory_order_relaxed);
    guests.store(&who, std::memory_order_release);
    who.present.store(true, std::memory_order_release);
}

std::mutex&    lock() noexcept { return the_lock; }
thread_record* first_record() noexcept { return records; }

thread_record* current() noexcept {
    thread_record* record = this_thread_record();
    return reinterpret_cast<std::uintptr_t>(record) <= thread_is_over ? nullptr : record;
}

thread_record* current_or_new() noexcept {
    if (this_thread_record() != nullptr) return current();
    // A signal handler that comes here in the middle does without one, as on a thread that is over.
    os::keep_thread_record(reinterpret_cast<thread_record*>(thread_is_over));
    watch_fork();
    // A thread may end after the plugin that brought this code was closed. No one waits here: the loader has a lock of its own.
    if (!stays.load(std::memory_order_relaxed) && !stays.exchange(true)) os::pin_module_of(&the_lock);
    thread_record* record = nullptr;
    {
        const std::scoped_lock hold(the_lock);
        record = take_record();
        if (record != nullptr) {
            record->in_use = true;
            record->number = os::thread_number();
        }
    }
    if (record == nullptr) {
        os::keep_thread_record(nullptr);
        return nullptr;
    }
    os::keep_thread_record(record);
    if (os::at_thread_exit(end_of_thread, record)) return record;
    end_of_thread(record);  // nobody would call it, and each such thread would leave a record behind: it does without one
    return nullptr;
}

unsigned long number() noexcept {
    const thread_record* const record = current_or_new();
    return record != nullptr ? record->number : os::thread_number();
}

}  // namespace autopmr::per_thread
