#include "src/cli/asking.hpp"

#include "src/cli/console.hpp"
#include "src/cli/failure.hpp"

#include <sstream>
#include <type_traits>

namespace autopmr::cli {

namespace {

constexpr goal          goals[] = {goal::throughput, goal::footprint, goal::hardened};
constexpr unsigned char systems = static_cast<unsigned char>(operating_system::other);

std::string list(std::string& names, std::string_view next) { return names += (names.empty() ? "" : ", ") + std::string(next); }

c_library usual_libc(operating_system os) noexcept {
    switch (os) {
        case operating_system::none: return c_library::newlib;
        case operating_system::linux_kernel: return c_library::glibc;
        case operating_system::android: return c_library::bionic;
        case operating_system::macos:
        case operating_system::ios:
        case operating_system::tvos:
        case operating_system::watchos: return c_library::darwin;
        case operating_system::windows: return c_library::msvcrt;
        case operating_system::freebsd:
        case operating_system::netbsd:
        case operating_system::openbsd:
        case operating_system::dragonfly: return c_library::bsd;
        case operating_system::webassembly: return c_library::wasi;
        default: return c_library::unknown;
    }
}

std::string_view name_of(huge_pages when) noexcept {
    constexpr std::string_view names[] = {"never", "on advice", "always"};
    return names[static_cast<unsigned char>(when)];
}

std::string_view name_of(sanitizer tool) noexcept {
    constexpr std::string_view names[] = {"none", "address", "thread", "memory", "leak", "hardware address"};
    return names[static_cast<unsigned char>(tool)];
}

std::string text_of(bool yes) { return yes ? "yes" : "no"; }
std::string text_of(huge_pages when) { return std::string(name_of(when)); }
std::string text_of(sanitizer tool) { return std::string(name_of(tool)); }
std::string text_of(std::string_view text) { return std::string(text); }
template <class Number>
std::string text_of(Number number) requires(std::is_integral_v<Number> && !std::is_same_v<Number, bool>) {
    return std::to_string(number);
}

template <class T>
fact_row row_of(const char* name, const fact<T>& what, fact_kind kind = std::is_integral_v<T> ? fact_kind::number : fact_kind::text) {
    return {name, what.known ? text_of(what.value) : std::string(), std::string(what.origin.view()), kind};
}

}  // namespace

request ask(const std::string& wanted, const std::string& backend) {
    policy wishes;
    if (!wanted.empty()) {
        goal parsed = goal::throughput;
        if (!parse(wanted, parsed)) throw failure(status::usage, "unknown goal '" + wanted + "': use one of " + goal_names());
        wishes.wanted = parsed;
    }
    if (!backend.empty()) wishes.backend = parse_backend(backend).name;
    request asked = gather(wishes);
    if (!wanted.empty()) asked.wanted_origin = "--goal";
    if (!backend.empty()) asked.backend_origin = "--backend";
    return asked;
}

decision decide_and_tune(const request& asked) {
    decision made = choose(asked);
    if (made.ok() && made.chosen->tune != nullptr && asked.why_not == nullptr) {
        made.tunings = tuning_log(asked.wanted);
        made.chosen->tune(asked.facts, made.tunings);
    }
    return made;
}

std::string line_of(const decision& made) {
    constexpr std::string_view name = "autopmr: ";
    const std::string          line = made.line();
    return line.starts_with(name) ? line.substr(name.size()) : line;
}

std::string notes_of(const decision& made) {
    std::string out;
    for (const auto& note : made.notes) out += "  note: " + std::string(note.view()) + "\n";
    std::istringstream warnings{std::string(load_policy_from_environment().warnings())};
    for (std::string line; std::getline(warnings, line);) out += "  note: " + line + "\n";
    return out;
}

std::string not_empty(const std::string& value) { return value.empty() ? "the value is empty; give one, or leave the option out" : ""; }

platform parse_platform(const std::string& name) {
    platform where;
    if (name == "linux-musl") {
        where.os = operating_system::linux_kernel;
        where.libc = c_library::musl;
        return where;
    }
    for (unsigned char i = 0; i <= systems; ++i)
        if (to_string(static_cast<operating_system>(i)) == name) {
            where.os = static_cast<operating_system>(i);
            where.libc = where.os == this_platform.os ? this_platform.libc : usual_libc(where.os);
            return where;
        }
    throw failure(status::usage, "unknown platform '" + name + "': use one of " + platform_names());
}

std::string platform_names() {
    std::string names;
    for (unsigned char i = 0; i <= systems; ++i) {
        list(names, to_string(static_cast<operating_system>(i)));
        if (static_cast<operating_system>(i) == operating_system::linux_kernel) list(names, "linux-musl");
    }
    return names;
}

std::string_view name_of(c_library libc) noexcept {
    constexpr std::string_view names[] = {"unknown", "glibc", "musl", "bionic", "libSystem", "msvcrt", "newlib", "BSD libc", "wasi-libc"};
    return names[static_cast<unsigned char>(libc)];
}

std::string goal_names() {
    std::string names;
    for (const goal one : goals) list(names, to_string(one));
    return names;
}

std::string backend_names() {
    std::string names;
    for (const backend& one : backends()) list(names, one.name);
    return names;
}

const backend& parse_backend(const std::string& name) {
    if (const backend* found = find_backend(name)) return *found;
    throw failure(status::usage, "unknown backend '" + name + "': use one of " + backend_names());
}

std::vector<fact_row> rows_of(const host& facts) {
    return {row_of("effective_cpus", facts.effective_cpus),
            row_of("affinity_cpus", facts.affinity_cpus),
            row_of("cpu_quota_percent", facts.cpu_quota_percent),
            row_of("memory_limit", facts.memory_limit, fact_kind::size),
            row_of("memory_usage", facts.memory_usage, fact_kind::size),
            row_of("physical_memory", facts.physical_memory, fact_kind::size),
            row_of("page_size", facts.page_size, fact_kind::size),
            row_of("transparent_huge_pages", facts.transparent_huge_pages),
            row_of("numa_nodes", facts.numa_nodes),
            row_of("malloc_owner", facts.malloc_owner),
            row_of("malloc_replaced", facts.malloc_replaced, fact_kind::flag),
            row_of("watching", facts.watching),
            row_of("valgrind", facts.valgrind, fact_kind::flag),
            row_of("container", facts.container),
            row_of("wine", facts.wine, fact_kind::flag)};
}

std::string facts_table(const host& facts) {
    table lines;
    for (const fact_row& row : rows_of(facts)) {
        const bool known = !row.value.empty();
        lines.add({row.name, !known ? "unknown" : row.kind == fact_kind::size ? readable_size(std::stoull(row.value)) : row.value, row.origin},
                  known ? tint::none : tint::faint);
    }
    return lines.text();
}

}  // namespace autopmr::cli
