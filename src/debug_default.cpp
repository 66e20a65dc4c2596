#include <autopmr/debug_default.hpp>

#include <autopmr/fault_handler.hpp>
#include <autopmr/selector.hpp>
#include <autopmr/subsystem.hpp>

#include "src/guard_stacks.hpp"
#include "src/selector_install.hpp"

#include <atomic>
#include <cstddef>
#include <new>

namespace autopmr {
namespace {

alignas(tracking_resource) constinit std::byte place[sizeof(tracking_resource)]{};
constinit std::atomic<bool>               taken{false};
constinit std::atomic<tracking_resource*> tracking{nullptr};

tracking_resource* track(const tracking_options& options, std::pmr::memory_resource& below) noexcept {
    if (taken.exchange(true)) {  // two threads at once: the first one's serves
        tracking_resource* first = tracking.load(std::memory_order_acquire);
        while (first == nullptr) first = tracking.load(std::memory_order_acquire);
        return first;
    }
    auto* const made = ::new (static_cast<void*>(place)) tracking_resource(options, &below);
    tracking.store(made, std::memory_order_release);
    return made;
}

void dress(decision& made, void* context) noexcept {
    const auto&            options = *static_cast<const debug_options*>(context);
    const std::string_view missing = why_no_guard(options.under);
    layer* const           guarded = missing.empty() ? guard_over(*made.chosen, options.under) : nullptr;
    if (options.under != guard::none && guarded == nullptr) {
        made.failure.append("debug_default() can't put the guard \"").append(to_string(options.under)).append("\" on ").append(
            made.chosen->name).append(": ").append(missing.empty() ? "no memory for it" : missing);
        made.chosen = nullptr;
        return;
    }
    made.under = options.under;
    made.on_top = track(options.tracking, made.resource());
    made.notes.add("debug_default() put tracking on top, and the guard under every subsystem that was not told otherwise");
}

}  // namespace

decision debug_default(const debug_options& options) noexcept {
    if (is_installed() && debug_tracking() == nullptr) {
        decision late;
        late.failure.append("debug_default() comes too late: install_default() has chosen; call it in its place");
        return late;
    }
    policy wishes;
    wishes.replace = true;
    debug_options own = options;
    const decision made = install(wishes, dress, &own);
    if (!made.ok() || made.on_top == nullptr) return made;
    subsystem_options under;
    under.under = options.under;
    decision told = made;
    if (const policy_result set = configure("", under); !set.ok()) told.notes.add(fixed_text<192>(set.error()));
    if (options.faults && options.under != guard::none && options.under != guard::canary && !install_fault_handler())
        told.notes.add("no handler for faults could be installed: accesses that a guard page stops end the program without a report");
    return told;
}

tracking_resource* debug_tracking() noexcept { return tracking.load(std::memory_order_acquire); }

}  // namespace autopmr
