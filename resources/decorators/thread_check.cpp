#include <autopmr/decorators/thread_check.hpp>

#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>

#include "src/platform/os.hpp"

namespace autopmr {

template class observed<thread_check, resource_ptr, with_exceptions>;

bool thread_check::take() noexcept {
    std::thread::id nobody;
    if (!owner_.compare_exchange_strong(nobody, std::this_thread::get_id(), std::memory_order_relaxed)) return false;
    number_.store(os::thread_number(), std::memory_order_relaxed);
    return true;
}

void thread_check::report(const void* where) const noexcept {
    fault_report found;
    found.kind = fault_kind::wrong_thread;
    found.address = where;
    found.resource = name.data();
    found.expected_bytes = number_.load(std::memory_order_relaxed);
    found.given_bytes = os::thread_number();
    report_fault(found);
}

void thread_check::refuse(const block_request& request) const {
    report(this);
    throw_wrong_thread(request.bytes, request.alignment, name.data());
}

layer_facts thread_check::facts() const noexcept {
    layer_facts text;
    if (owner_.load(std::memory_order_relaxed) == std::thread::id()) return text.append("belongs to nobody yet");
    return text.append("belongs to thread ").append(number_.load(std::memory_order_relaxed));
}

}  // namespace autopmr
