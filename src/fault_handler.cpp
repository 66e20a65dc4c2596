#include <autopmr/fault_handler.hpp>

#include "platform/os.hpp"
#include "support/fault_sources.hpp"
#include "support/in_turn.hpp"
#include "support/report_text.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace autopmr {
namespace {

/// The threads that are in the handler: a table, since a thread-local may have to be allocated when it is first touched.
class inside {
public:
    inside() noexcept {
        const unsigned long own = os::thread_number();
        for (auto& one : threads)
            if (one == own) return;
        again_ = false;
        for (auto& one : threads) {
            unsigned long expected = 0;
            if (!one.compare_exchange_strong(expected, own)) continue;
            place_ = &one;
            return;
        }  // so many at once: this one goes without
    }
    inside(const inside&) = delete;
    inside& operator=(const inside&) = delete;
    ~inside() {
        if (place_ != nullptr) place_->store(0);
    }
    [[nodiscard]] bool again() const noexcept { return again_; }

private:
    static inline constinit std::atomic<unsigned long> threads[64] = {};
    std::atomic<unsigned long>*                        place_ = nullptr;
    bool                                               again_ = true;
};

constexpr std::size_t longest_path = 500;
// Two of them, so that a handler that reads one is not written under; the index is of the one in use.
constinit char                  paths[2][longest_path + 32] = {};
constinit std::atomic<unsigned> path_in_use{0};

/// Where "%p" stands for the process, as it is when the file is written: a child's is another.
void save(const fault_report& report) noexcept {
    const std::string_view pattern = paths[path_in_use.load(std::memory_order_acquire)];
    if (pattern.empty()) return;
    char        text[longest_path + 25];
    std::size_t size = 0;
    const auto  add = [&](std::string_view part) noexcept { size += part.copy(text + size, sizeof text - 1 - size); };
    const std::size_t at = pattern.find("%p");
    add(pattern.substr(0, at));
    if (at != pattern.npos) {
        add(fixed_text<20>().append(static_cast<unsigned long long>(os::process_number())));
        add(pattern.substr(at + 2));
    }
    text[size] = 0;
    if (!save_fault(report, text)) {
        const int reason = errno;
        report_text().text("autopmr: the report could not be saved to ").text(text).text(": error ").number(static_cast<unsigned>(reason)).write();
    }
}

fault_access access_of(const os::access_fault& fault) noexcept {
    switch (fault.how) {
        case os::access_fault::way::read: return fault_access::read;
        case os::access_fault::way::write: return fault_access::write;
        case os::access_fault::way::unknown: break;
    }
    return fault_access::unknown;
}

/// The frames from the instruction on. It is itself no return address: one more makes it look like one to who reads frames.
void find_frames(const void* instruction, fault_moment& out) noexcept {
    out.depth = os::call_stack(instruction, out.frames, fault_moment::most_frames);
    if (instruction == nullptr) return;
    if (out.depth == 0 || out.frames[0] != instruction) out.depth = 1;  // the unwinder did not get there
    out.frames[0] = static_cast<const char*>(instruction) + 1;
}

bool judge(const os::access_fault& fault) noexcept {
    const inside here;
    if (here.again()) return false;
    const fault_sources::reading hold;
    fault_report                 report;
    fault_source* const          source = fault_sources::explain(fault.address, report);
    // A live block may be touched: whatever it was that the system did not like there, no guard did it.
    if (source == nullptr || report.kind == fault_kind::unknown) return false;
    report.address = fault.address;
    report.access = access_of(fault);
    report.found.thread = os::thread_number();
    find_frames(fault.instruction, report.found);
    {
        const in_turn mine;
        save(report);
        report_fault(report, source->handler_of(fault.address));
    }
    if (source->open(fault.address)) return true;
    report_text().text("autopmr: the memory at ").address(fault.address).text(" can't be opened, so that the program can't go on").write();
    std::abort();
}

}  // namespace

std::optional<fault_report> describe_address(const void* address) noexcept {
    fault_report report;
    if (fault_sources::explain(address, report) == nullptr) return std::nullopt;
    report.address = address;
    return report;
}

bool install_fault_handler(const fault_handler_options& options) noexcept {
    const std::string_view path = options.save_to != nullptr ? options.save_to : "";
    if (path.size() > longest_path) return false;
    const unsigned other = 1 - path_in_use.load();
    std::memcpy(paths[other], path.data(), path.size());
    paths[other][path.size()] = 0;
    path_in_use.store(other, std::memory_order_release);
    // The first walk may load and allocate: not in the handler.
    const void* frames[fault_moment::most_frames];
    static_cast<void>(os::call_stack(nullptr, frames, fault_moment::most_frames));
    static_cast<void>(os::make_fault_stack());  // this thread's until the process ends, or it has one already
    return os::catch_access_faults(judge);
}

bool uninstall_fault_handler() noexcept { return os::release_access_faults(); }

fault_stack::fault_stack() noexcept : stack_(os::make_fault_stack()) {}
fault_stack::~fault_stack() { os::drop_fault_stack(stack_); }

}  // namespace autopmr
