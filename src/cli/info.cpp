/// \file
/// `autopmr info`: this machine, the backends and the choice; or, with --pid, whose malloc a running process uses.

#include "src/cli/allocator_marks.hpp"
#include "src/cli/asking.hpp"
#include "src/cli/command.hpp"
#include "src/cli/console.hpp"
#include "src/cli/process.hpp"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace autopmr::cli {

namespace {

using json = nlohmann::ordered_json;

struct options {
    bool        as_json = false;
    std::string pid;
};

json json_of(const std::vector<setting>& settings) {
    json list = json::array();
    for (const setting& one : settings) list.push_back({{"name", one.name}, {"value", one.value}, {"reader", one.reader}});
    return list;
}

json json_of(const fact_row& row) {
    json value;
    if (row.value.empty()) value = nullptr;
    else if (row.kind == fact_kind::number || row.kind == fact_kind::size) value = std::stoull(row.value);
    else if (row.kind == fact_kind::flag) value = row.value == "yes";
    else value = row.value;
    return {{"value", value}, {"origin", row.origin}};
}

// Bytes that are no UTF-8 (a path may hold any) are shown as such and do not stop the output.
std::string dump(const json& value) { return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n"; }

void add_settings(std::string& out, const std::vector<setting>& settings) {
    out += "\n" + heading("Environment of allocators");
    table lines;
    for (const setting& one : settings) lines.add({one.name, "for " + one.reader, one.value});
    out += settings.empty() ? "  nothing set\n" : lines.text();
}

int print_machine(bool as_json) {
    request asked = ask({}, {});
    asked.try_all = true;
    const decision               made = decide_and_tune(asked);
    const std::vector<setting>   settings = allocator_settings();
    if (as_json) {
        json out = {{"autopmr", AUTOPMR_VERSION},
                    {"platform", {{"system", to_string(asked.where.os)}, {"c_library", name_of(asked.where.libc)}, {"pointer_bits", asked.where.pointer_bits}}}};
        for (const fact_row& row : rows_of(asked.facts)) out["machine"][row.name] = json_of(row);
        for (const backend& one : backends()) {
            const std::string_view why_not = one.why_not();
            const std::string_view version = one.version ? one.version() : std::string_view();
            out["backends"].push_back({{"name", one.name}, {"what", one.what}, {"serves", why_not.empty()}, {"why_not", why_not},
                                       {"version", version.empty() ? json() : json(version)}});
        }
        out["decision"] = json::parse(made.json());
        out["environment"] = json_of(settings);
        print(dump(out));
    } else {
        std::string out = heading("autopmr " AUTOPMR_VERSION);
        out += fmt::format("  on {}, {}, {} bits\n\n", to_string(asked.where.os), name_of(asked.where.libc), asked.where.pointer_bits) + heading("Machine");
        out += facts_table(asked.facts) + "\n" + heading("Backends");
        table list;
        for (const backend& one : backends()) {
            const std::string_view why_not = one.why_not();
            const std::string      version(one.version ? one.version() : std::string_view());
            list.add({std::string(one.name), why_not.empty() ? "serves" : "absent", version.empty() ? "-" : version,
                      std::string(why_not.empty() ? one.what : why_not)},
                     made.chosen == &one ? tint::good : why_not.empty() ? tint::none : tint::faint);
        }
        out += list.text() + "\n" + heading("Decision");
        out += "  " + (made.ok() ? line_of(made) : "none") + "\n" + notes_of(made);
        add_settings(out, settings);
        print(out);
    }
    if (!made.ok()) throw failure(status::negative, std::string(made.error()));
    return status::good;
}

int print_process(const std::string& pid, bool as_json) {
    const malloc_report report = [number = parse_pid(pid)] {
        try {
            return inspect_process(number);
        } catch (const no_report& why) {
            throw failure(status::negative, why.what());
        }
    }();
    if (as_json) {
        json out = {{"pid", report.pid}, {"command", report.command}, {"program", report.program},
                    {"malloc", report.owner.empty() ? json() : json(report.owner)},
                    {"file", report.file.empty() ? json() : json(report.file)}, {"because", report.because},
                    {"also_loaded", json::array()}, {"notes", report.notes}, {"environment", json_of(report.settings)}};
        for (const loaded_allocator& one : report.also_loaded) out["also_loaded"].push_back({{"owner", one.owner}, {"file", one.file}});
        print(dump(out));
    } else {
        std::string out = heading(fmt::format("Process {}, {}", report.pid, report.command));
        table       lines;
        lines.add({"malloc", report.owner.empty() ? "unknown" : report.owner}, report.owner.empty() ? tint::bad : tint::good);
        if (!report.file.empty()) lines.add({"served by", report.file});
        lines.add({"because", report.because});
        lines.add({"program", report.program});
        for (const loaded_allocator& one : report.also_loaded) lines.add({"not used", one.owner + ", " + one.file});
        for (const std::string& note : report.notes) lines.add({"note", note});
        out += lines.text();
        add_settings(out, report.settings);
        print(out);
    }
    return report.owner.empty() ? status::negative : status::good;
}

}  // namespace

void add_info(CLI::App& program, action& chosen) {
    auto* const command = program.add_subcommand("info", "Show this machine, the backends and the choice; or whose malloc a process uses");
    const auto  given = std::make_shared<options>();
    command->add_flag("--json", given->as_json, "Print JSON (see docs/cli.md for its schema)");
    auto* const pid = command->add_option("--pid", given->pid, "Look at this running process instead")->type_name("PID");
    command->footer(
        "Every fact comes with the file or call it was read from. All backends are tried, so this loads every\n"
        "library that is here; nothing is installed.\n\n"
        "Examples:\n"
        "  autopmr info\n"
        "  autopmr info --json | jq -r .decision.backend\n"
        "  autopmr info --pid $(pidof redis-server)\n\n"
        "Exit status:\n"
        "  0  the answer was printed\n"
        "  1  nothing can be chosen, or whose malloc it is can't be told (no such process, not allowed, ...)\n"
        "  2  the command line is wrong");
    command->callback([&chosen, given, pid] {
        const bool of_process = pid->count() != 0;
        chosen = [given, of_process] { return of_process ? print_process(given->pid, given->as_json) : print_machine(given->as_json); };
    });
}

}  // namespace autopmr::cli
