// The process's one installed decision. Constant-initialised, never destroyed: good before main and after it.

#include <autopmr/selector.hpp>

#include <autopmr/resource_ptr.hpp>

#include "src/decision_line.hpp"
#include "src/guard_stacks.hpp"
#include "src/platform/os.hpp"
#include "src/selector_install.hpp"
#include "src/support/probe.hpp"

#include <atomic>
#include <cstddef>
#include <new>

namespace autopmr {
namespace {

enum stage : unsigned { vacant, installing, installed };

constinit std::atomic<unsigned> progress{vacant};
alignas(decision) constinit std::byte slot[sizeof(decision)]{};

decision& kept_decision() noexcept { return *std::launder(reinterpret_cast<decision*>(slot)); }

// The thread that was installing does not exist in a child: let the child start over. All steps may be done twice.
void start_over_in_child() noexcept {
    unsigned halfway = installing;
    progress.compare_exchange_strong(halfway, vacant);
}

bool verbose() noexcept {
    const char* asked = os::environment("AUTOPMR_VERBOSE");
    return asked != nullptr && asked[0] != '\0' && !(asked[0] == '0' && asked[1] == '\0');
}

void tell(const decision& told) noexcept {
    if (!verbose()) return;
    report_text line;
    describe(told, line);
    line.write();
}

// The first decision again, with a note where this call asked for something else, or where the program changed the default since.
decision again(const policy& wishes) noexcept {
    decision first = kept_decision();
    const auto note = [&first](std::string_view asked, std::string_view what) {
        first.notes.add(fixed_text<192>("install_default() had already decided when it was asked for ").append(asked).append(what));
    };
    if (!wishes.backend.empty() && wishes.backend != first.chosen->name) note("backend ", wishes.backend);
    if (wishes.wanted.has_value() && *wishes.wanted != first.wanted) note("goal ", to_string(*wishes.wanted));
    if (wishes.replace && first.kept != nullptr) note("", "replace");
    const std::pmr::memory_resource* const left = first.kept != nullptr ? first.kept : &first.resource();
    if (std::pmr::get_default_resource() != left)
        first.notes.add("the program has set another default resource since install_default() decided; it stays, and this decision is not in force for it");
    return first;
}

void keep(std::pmr::memory_resource* current, decision& made) noexcept {
    made.kept = current;
    fixed_text<192> note("kept the default resource that the program had already set");
    if (const layer* known = known_layer(current)) note.append(" (").append(known->name()).append(")");
    made.notes.add(note.append("; policy::replace = true would replace it"));
}

// Runs while the others wait: calls nothing but the backend's own tune().
void put_in_place(const request& asked, const policy& wishes, decision& made) noexcept {
    std::pmr::memory_resource* const mine = &made.resource();
    std::pmr::memory_resource* const current = std::pmr::get_default_resource();
    if (current != std::pmr::new_delete_resource() && current != mine && !wishes.replace) return keep(current, made);
    made.tunings = tuning_log(made.wanted);
    if (made.chosen->tune != nullptr) made.chosen->tune(asked.facts, made.tunings);
    std::pmr::set_default_resource(mine);
}

// A guard that was chosen stands, or nothing is installed: never the bare backend instead.
void have_guard(decision& made) noexcept {
    if (made.under == guard::none || guard_over(*made.chosen, made.under) != nullptr) return;
    made.failure.append("no memory for the guard \"").append(to_string(made.under)).append("\" over ").append(made.chosen->name);
    made.chosen = nullptr;
}

}  // namespace

decision install(const policy& wishes, void (*dress)(decision&, void*) noexcept, void* context) noexcept {
    if (is_installed()) return again(wishes);
    const request asked = gather(wishes);
    decision      made = choose(asked);
    if (made.ok() && dress != nullptr) dress(made, context);
    if (made.ok()) have_guard(made);
    if (!made.ok()) {
        tell(made);
        return made;
    }
    // Before the others have to wait: it takes the loader's lock, which a thread may hold whose library installs as it loads.
    os::pin_module_of(&progress);
    os::at_fork(nullptr, nullptr, start_over_in_child);  // before there is what a child would have to start over; twice does no harm
    for (unsigned seen = vacant; !progress.compare_exchange_strong(seen, installing); seen = vacant) {
        if (seen == installed) return again(wishes);
        progress.wait(installing, std::memory_order_acquire);
    }
    put_in_place(asked, wishes, made);
    AUTOPMR_PROBE(default_chosen, made.chosen->name.data(), made.rule.data());
    ::new (static_cast<void*>(slot)) decision(made);
    progress.store(installed, std::memory_order_release);
    progress.notify_all();
    tell(made);
    return made;
}

decision install_default(const policy& wishes) noexcept { return install(wishes, nullptr, nullptr); }

bool is_installed() noexcept { return progress.load(std::memory_order_acquire) == installed; }

const decision& default_decision() noexcept {
    static constinit const decision none = [] {
        decision empty;
        empty.failure.append("install_default() was not called yet, or did not succeed");
        return empty;
    }();
    return is_installed() ? kept_decision() : none;
}

}  // namespace autopmr
