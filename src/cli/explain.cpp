/// \file
/// `autopmr explain`: the rule table with the row that fired, here or on a machine one does not have.

#include "src/cli/asking.hpp"
#include "src/cli/command.hpp"
#include "src/cli/console.hpp"

#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace autopmr::cli {

namespace {

struct options {
    std::string goal, platform, probe_root, backend;
    bool        as_json = false;
};

// For other systems every library counts as installed; only a backend that nobody has written yet can't serve there.
std::string_view not_written(const backend& what) noexcept {
    constexpr std::string_view mark = "not built: ";
    const std::string_view     reason = what.why_not();
    return reason.starts_with(mark) && reason.substr(mark.size()).starts_with(what.name) ? reason : std::string_view();
}

bool is_elsewhere(const request& asked) noexcept {
    return asked.where.os != this_platform.os || asked.where.libc != this_platform.libc;
}

std::string said(said_by who, std::string_view origin) {
    if (who == said_by::nobody) return "by default";
    return fmt::format("from {}", origin.empty() ? to_string(who) : origin);
}

// What the question was, one line for each thing that was given or assumed.
std::string question(const request& asked, const options& given) {
    table lines;
    lines.add({"platform", fmt::format("{}, {}", to_string(asked.where.os), name_of(asked.where.libc)),
               given.platform.empty() ? "this machine" : "from --platform"});
    lines.add({"goal", std::string(to_string(asked.wanted)), said(asked.wanted_by, asked.wanted_origin)});
    if (!asked.backend.empty()) lines.add({"backend", std::string(asked.backend), said(asked.backend_by, asked.backend_origin)});
    if (!given.probe_root.empty()) lines.add({"facts", "probed", "below " + given.probe_root});
    else if (is_elsewhere(asked)) lines.add({"facts", "none", "give --probe-root for some"});
    else lines.add({"facts", "probed", "on this machine"});
    if (asked.why_not != nullptr) lines.add({"libraries", "all", "assumed to be installed there"});
    return lines.text();
}

std::string rows(const decision& made) {
    table lines;
    for (const candidate_note& note : made.candidates) {
        const bool taken = note.stands == standing::taken;
        lines.add({taken ? "=>" : "", std::string(note.rule), std::string(note.what->name), std::string(to_string(note.stands)), std::string(note.why)},
                  taken ? tint::good : note.stands == standing::not_suited ? tint::faint : tint::none);
    }
    return lines.text();
}

std::string for_people(const decision& made, const request& asked, const options& given) {
    std::string out = heading("Question") + question(asked, given) + "\n" + heading("Rules, in the order they are looked at") + rows(made);
    if (!made.facts.empty()) {
        table lines;
        for (const fact_note& fact : made.facts)
            lines.add({std::string(fact.name), std::string(fact.value.view()), std::string(fact.origin.view())});
        out += "\n" + heading("Facts it rests on") + lines.text();
    }
    if (!made.tunings.empty()) {
        table lines;
        for (const tuning& one : made.tunings)
            lines.add({fmt::format("{} {}", one.backend, one.parameter), std::string(one.value.view()),
                       fmt::format("{} from {}{}", one.fact, one.origin.view(), one.applied ? "" : " (not applied)")});
        out += "\n" + heading("Tuned, when it is installed") + lines.text();
    }
    if (!is_elsewhere(asked) || !given.probe_root.empty()) out += "\n" + heading("All facts") + facts_table(asked.facts);
    out += "\n" + heading("Decision") + "  " + (made.ok() ? line_of(made) : "none") + "\n" + notes_of(made);
    return out;
}

int explain(const options& given) {
    request asked = ask(given.goal, given.backend);
    asked.try_all = true;
    if (!given.platform.empty()) {
        asked.where = parse_platform(given.platform);
        asked.where_origin = "--platform";
        if (is_elsewhere(asked)) {
            asked.facts = {};
            asked.why_not = not_written;
        }
    }
    if (!given.probe_root.empty()) {
        std::error_code error;
        if (!std::filesystem::is_directory(given.probe_root, error))
            throw failure(status::usage, fmt::format("--probe-root '{}' is no folder: give one that stands for a machine's root",
                                                     given.probe_root));
        asked.facts = probe_host(given.probe_root);
    }
    const decision made = decide_and_tune(asked);
    print(given.as_json ? made.json() + "\n" : for_people(made, asked, given));
    if (!made.ok()) throw failure(status::negative, std::string(made.error()));
    return status::good;
}

}  // namespace

void add_explain(CLI::App& program, action& chosen) {
    auto* const command = program.add_subcommand("explain", "Show the rules, the one that fired, and why each other did not");
    const auto  given = std::make_shared<options>();
    command->add_option("--goal", given->goal, "What matters most: " + goal_names())->type_name("GOAL")->check(not_empty);
    std::string systems = platform_names();
    systems.replace(systems.find(", freebsd"), 2, ",\n");  // two lines in the help
    command->add_option("--platform", given->platform, "Ask for another system, one of\n" + systems)->type_name("PLATFORM")->check(not_empty);
    command->add_option("--probe-root", given->probe_root, "Read the facts below this folder, as if it were /")->type_name("DIR")->check(not_empty);
    command->add_option("--backend", given->backend, "Ask for this backend by name")->type_name("NAME")->check(not_empty);
    command->add_flag("--json", given->as_json, "Print the decision as JSON (see docs/cli.md)");
    command->footer(
        "For another platform the facts are unknown unless --probe-root gives some, and every library is taken as\n"
        "installed. AUTOPMR_BACKEND, AUTOPMR_GOAL and AUTOPMR_POLICY count as they do for a program.\n\n"
        "Examples:\n"
        "  autopmr explain\n"
        "  autopmr explain --goal footprint --platform linux-musl\n"
        "  autopmr explain --probe-root tests/host/fixtures/kubernetes_slice\n\n"
        "Exit status:\n"
        "  0  the answer was printed\n"
        "  1  nothing can be chosen; standard error says why\n"
        "  2  the command line is wrong");
    command->callback([&chosen, given] { chosen = [given] { return explain(*given); }; });
}

}  // namespace autopmr::cli
