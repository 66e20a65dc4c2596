#include <autopmr/policy.hpp>

#include <autopmr/errors.hpp>

#include <autopmr/selector.hpp>

#include "src/file_policy.hpp"
#include "src/platform/os.hpp"
#include "src/policy_file.hpp"
#include "src/policy_words.hpp"
#include "src/subsystem_settings.hpp"
#include "src/support/fork_watch.hpp"
#include "src/verbose.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace autopmr {
namespace {

// One load reads its file at a time, and one sets what it says; the modules of the backends it names are opened between the two,
// without the lock: a library that is being opened on another thread may allocate from a subsystem as it starts, which waits for
// this lock and has the loader's. A load allocates, and may so come back to itself where a program's operator new leads to a
// subsystem: that inner call must pass.
constinit std::mutex                 load_lock;
constinit std::atomic<unsigned long> loading_thread{0};

class load_guard {
public:
    load_guard() noexcept {
        watch_fork();
        held_ = std::unique_lock<std::mutex>(load_lock);
        loading_thread.store(os::thread_number(), std::memory_order_relaxed);
    }
    ~load_guard() { loading_thread.store(0, std::memory_order_relaxed); }
    static bool is_mine() noexcept { return loading_thread.load(std::memory_order_relaxed) == os::thread_number(); }

private:
    // A child must not inherit a lock that another thread of its parent held.
    static void watch_fork() noexcept {
        subsystem_tree::watch_fork();
        fork_watch<held_across_fork<load_lock>>::begin();
    }

    std::unique_lock<std::mutex> held_;
};

// What the files loaded so far ask of the selector; under the load lock.
constinit file_policy in_force;

bool read_whole(const char* path, std::string& out, policy_result& result) {
    constexpr std::size_t most = std::size_t{1} << 20;
    const auto            buffer = std::make_unique_for_overwrite<char[]>(most + 1);
    const long            size = os::read_file(path, buffer.get(), most + 1);
    fixed_text<1024>      line(path);
    if (size < 0 && errno == ESPIPE) {
        result.fail(line.append(": is a pipe, which may hold a part of a policy, or nothing yet; give the path of a file"));
        return false;
    }
    if (size < 0) {
        result.fail(line.append(": can't be read: ").append(std::strerror(errno)).append("; give the path of a readable policy file"));
        return false;
    }
    if (static_cast<std::size_t>(size) > most) {
        result.fail(line.append(": has more than 1 MiB, which no policy needs; give the path of a policy file"));
        return false;
    }
    out.assign(buffer.get(), static_cast<std::size_t>(size));
    return true;
}

subsystem_wish to_wish(const policy_section& s) noexcept {
    return {s.name, {s.backend, s.limit, s.own_heap, s.under, s.secret}, s.at, s.backend_at, s.limit_at, s.own_heap_at, s.under_at, s.secret_at};
}

// The default is chosen once; what comes after it is kept, but changes nothing.
void warn_if_too_late(const policy_document& document, const file_policy& asked, policy_result& result) noexcept {
    const decision& made = default_decision();
    if (!made.ok()) return;
    const auto warn = [&](const fixed_text<192>& origin, std::string_view key, std::string_view chosen) {
        result.warn(fixed_text<640>(origin.view()).append(": ").append(key).append(" comes too late: install_default() has chosen '").append(
            chosen).append("'; load the policy before it"));
    };
    if (!document.root.backend.empty() && asked.backend.view() != made.chosen->name) warn(asked.backend_origin, "backend", made.chosen->name);
    if (document.wanted && *document.wanted != made.wanted) warn(asked.wanted_origin, "goal", to_string(made.wanted));
}

// Without the lock.
void read(const char* path, policy_document& document, policy_result& result) {
    {
        std::string      text;
        const load_guard alone;
        if (!read_whole(path, text, result) || !parse_policy(text, path, document, result)) return;
    }
    const auto open = [](const std::string& name) {  // where it can't serve: all, to say which could
        if (!name.empty()) static_cast<void>(backend_error(name));
    };
    open(document.root.backend);
    for (const policy_section& s : document.sections) open(s.backend);
}

// With the lock.
void enforce(const policy_document& document, policy_result& result) {
    file_policy next = in_force;
    if (const std::string& name = document.root.backend; !name.empty()) {
        next.backend_origin = to_text({said_by::policy_file, document.root.backend_at});
        if (const auto wrong = backend_error(name); !wrong.empty())
            return result.fail(fixed_text<1024>(next.backend_origin.view()).append(": backend is ").append(wrong));
        next.backend = fixed_text<64>(name);
    }
    if (document.wanted) {
        next.wanted = *document.wanted;
        next.wanted_given = true;
        next.wanted_origin = to_text({said_by::policy_file, document.wanted_at});
    }
    wish_list list;
    list.who = said_by::policy_file;
    list.fallback = find_backend(next.backend);
    policy_section root;
    root.limit = document.root.limit;
    root.limit_at = document.root.limit_at;
    if (root.limit) list.wishes.push_back(to_wish(root));
    for (const policy_section& s : document.sections) list.wishes.push_back(to_wish(s));
    apply(list, result);
    if (!result.ok()) return;
    in_force = next;
    warn_if_too_late(document, next, result);
}

// Nothing may leave: what could is running out of memory while a file is read.
template <class Step>
void do_or_say(const char* path, policy_result& result, Step step) noexcept {
    try {
        step();
    } catch (const std::exception& e) {
        result.fail(fixed_text<1024>(path).append(": can't be loaded: ").append(e.what()).append("; nothing was changed"));
    }
}

}  // namespace

const policy_result& policy_result::value_or_throw() const {
    if (!ok()) throw_configuration_error(error());
    return *this;
}

policy_result load_policy(std::string_view path) noexcept {
    policy_result result;
    if (path.empty() || path.size() >= 4096 || path.find('\0') != std::string_view::npos) {
        result.fail("load_policy: the path is empty, too long or holds a zero; give the path of a policy file");
        return result;
    }
    char zero_ended[4096];
    zero_ended[path.copy(zero_ended, sizeof zero_ended - 1)] = '\0';
    policy_document document;
    do_or_say(zero_ended, result, [&] {
        read(zero_ended, document, result);
        if (!result.ok()) return;
        const load_guard alone;
        enforce(document, result);
    });
    return result;
}

const policy_result& load_policy_from_environment() noexcept {
    static constinit policy_result     outcome;
    static constinit std::atomic<bool> done{false};
    if (done.load(std::memory_order_acquire)) return outcome;
    static constinit const policy_result not_yet;
    if (load_guard::is_mine()) return not_yet;
    const char* const path = os::environment("AUTOPMR_POLICY");
    const bool        is_set = path != nullptr && *path != '\0';
    policy_document   document;
    policy_result     found;
    if (is_set) do_or_say(path, found, [&] { read(path, document, found); });
    const load_guard alone;
    if (!done.load(std::memory_order_relaxed)) {  // else another thread was faster
        if (is_set && found.ok()) do_or_say(path, found, [&] { enforce(document, found); });
        outcome = found;
        if (!outcome.ok()) tell_if_verbose("AUTOPMR_POLICY is not in force: ", outcome.error());
        if (!outcome.warnings().empty()) tell_if_verbose("", outcome.warnings());
        done.store(true, std::memory_order_release);
    }
    return outcome;
}

bool read_file_policy(file_policy& out, fixed_text<640>& problem) noexcept {
    const policy_result& of_environment = load_policy_from_environment();
    if (!of_environment.ok()) problem.append(of_environment.error());
    if (load_guard::is_mine()) return of_environment.ok();  // asked by what a load itself allocates
    const load_guard alone;
    out = in_force;
    return of_environment.ok();
}

}  // namespace autopmr
