/// \file
/// `autopmr trace`: what a trace file says, in all or event by event.

#include "src/cli/command.hpp"
#include "src/cli/console.hpp"
#include "src/cli/trace_summary.hpp"

#include <algorithm>
#include <ctime>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace autopmr::cli {

namespace {

using json = nlohmann::ordered_json;

struct options {
    std::string file;
    bool        events = false, as_json = false;
    std::size_t top = 10;
};

std::string_view name_of(trace_op op) {
    switch (op) {
        case trace_op::allocate: return "allocate";
        case trace_op::deallocate: return "deallocate";
        case trace_op::failed: return "failed";
    }
    return "unknown";
}

// Control characters of a name could do anything to a terminal.
std::string name_of(const trace_contents& trace, std::uint16_t subsystem) {
    std::string name = subsystem < trace.subsystems.size() ? trace.subsystems[subsystem] : "?";
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
    return name.empty() ? "-" : name;
}

std::string when(std::uint64_t wall_nanoseconds) {
    const auto seconds = static_cast<std::time_t>(wall_nanoseconds / 1000000000);
    std::tm    parts{};
    char       text[64] = "?";
    if (::gmtime_r(&seconds, &parts) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text;
}

std::string up_to(std::size_t lifetime_class, std::size_t classes) {
    constexpr const char* bounds[] = {"1 us", "10 us", "100 us", "1 ms", "10 ms", "100 ms", "1 s", "10 s"};
    return lifetime_class + 1 == classes ? "10 s or longer" : std::string("less than ") + bounds[lifetime_class];
}

std::string share(std::uint64_t part, std::uint64_t all) {
    return all == 0 ? "-" : fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(all));
}

json json_of(const trace_subsystem& one) {
    return {{"allocations", one.allocations}, {"deallocations", one.deallocations}, {"failures", one.failures},
        {"bytes", one.bytes}, {"live", one.live}, {"peak", one.peak}, {"unmatched", one.unmatched}};
}

json json_of(const trace_group& group) { return {{"blocks", group.blocks}, {"bytes", group.bytes}}; }

json head_of(const trace_contents& trace) {
    json out = {{"version", trace.version}, {"process", trace.process},
        {"parent", trace.parent == 0 ? json() : json(trace.parent)}, {"begun_nanoseconds", trace.wall_nanoseconds},
        {"closed", trace.closed}, {"damage", trace.damage.empty() ? json() : json(trace.damage)}};
    out["dropped"] = trace.closed ? json(trace.dropped) : json();
    return out;
}

json json_of(const trace_contents& trace, const trace_summary& sum) {
    json out = head_of(trace);
    out["threads"] = sum.threads;
    out["nanoseconds"] = sum.nanoseconds;
    out["all"] = json_of(sum.all);
    out["subsystems"] = out["sizes"] = out["lifetimes"] = out["left"] = json::array();
    for (const trace_subsystem& one : sum.subsystems) {
        json line = {{"name", one.name}};
        line.update(json_of(one));
        out["subsystems"].push_back(line);
    }
    const auto add = [](json& list, json line, const trace_group& group) {
        line.update(json_of(group));
        list.push_back(line);
    };
    for (const auto& [bytes, group] : sum.common_sizes) add(out["sizes"], {{"size", bytes}}, group);
    std::uint64_t bound = 1000;
    for (std::size_t i = 0; i != sum.lifetimes.size(); ++i, bound *= 10)
        add(out["lifetimes"], {{"below_nanoseconds", i + 1 == sum.lifetimes.size() ? json() : json(bound)}},
            sum.lifetimes[i]);
    for (const auto& [what, group] : sum.left) add(out["left"], {{"subsystem", what.first}, {"size", what.second}}, group);
    return out;
}

void print_json(const trace_contents& trace, bool events) {
    json out = json_of(trace, summary_of(trace));
    if (events) {
        out["events"] = json::array();
        for (const traced_event& e : trace.events)
            out["events"].push_back(
                {{"time", e.time}, {"until", e.until}, {"thread", e.thread}, {"stream", e.stream}, {"op", name_of(e.op)},
                    {"size", e.bytes}, {"alignment", e.alignment}, {"address", e.address}, {"subsystem", e.subsystem}});
    }
    print(out.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

void print_events(const trace_contents& trace) {
    std::string out;
    for (const traced_event& e : trace.events) {
        out += fmt::format("{}.{:09} {} {} {:#x} {} {} {}\n", e.time / 1000000000, e.time % 1000000000, e.thread,
            name_of(e.op), e.address, e.bytes, e.alignment, name_of(trace, e.subsystem));
        if (out.size() < 1 << 16) continue;
        print(out);
        out.clear();
    }
    print(out);
}

std::string subsystem_table(const trace_contents& trace, const trace_summary& sum) {
    table      lines;
    const auto add = [&](const std::string& name, const trace_subsystem& one) {
        lines.add({name, fmt::format("{}", one.allocations), fmt::format("{}", one.deallocations),
            fmt::format("{}", one.failures), readable_size(one.bytes), readable_size(one.peak), readable_size(one.live)});
    };
    lines.add({"", "allocated", "freed", "failed", "bytes ever", "peak", "left"}, tint::faint);
    for (std::size_t i = 0; i != sum.subsystems.size(); ++i)
        add(name_of(trace, static_cast<std::uint16_t>(i)), sum.subsystems[i]);
    if (sum.subsystems.size() != 1) add("all", sum.all);
    return lines.text();
}

void print_summary(const trace_contents& trace, const options& given) {
    const trace_summary sum = summary_of(trace);
    std::string         out = heading("Trace " + given.file);
    table               head;
    head.add({"process", fmt::format("{}{}, traced from {}", trace.process,
                             trace.parent == 0 ? std::string() : fmt::format(", a child of {}", trace.parent),
                             when(trace.wall_nanoseconds))});
    head.add({"events", fmt::format("{}, of {} threads, in {:.6f} s", trace.events.size(), sum.threads,
                            static_cast<double>(sum.nanoseconds) * 1e-9)});
    head.add({"its end", trace.closed ? "closed" : "not closed: it runs still, was killed, or called _exit"});
    if (trace.dropped != 0) head.add({"dropped", fmt::format("{} events", trace.dropped)}, tint::bad);
    if (sum.all.unmatched != 0)
        head.add({"unmatched", fmt::format("{} frees of what was not allocated here, or not with that size and alignment",
                                   sum.all.unmatched)},
            tint::bad);
    out += head.text() + "\n" + heading("Subsystems") + subsystem_table(trace, sum) + "\n" +
           heading("Sizes, the most bytes first");
    table sizes;
    for (std::size_t i = 0; i != std::min(given.top, sum.common_sizes.size()); ++i) {
        const auto& [bytes, group] = sum.common_sizes[i];
        sizes.add({readable_size(bytes), fmt::format("{} blocks", group.blocks), readable_size(group.bytes),
            share(group.bytes, sum.all.bytes)});
    }
    out += (sum.common_sizes.empty() ? "  none\n" : sizes.text()) + "\n" + heading("Size classes");
    table classes;
    for (std::size_t i = 0; i != sum.sizes.size(); ++i) {
        if (sum.sizes[i].blocks == 0) continue;
        const std::string bound = i == 0 ? "0 bytes" : i < 64 ? "less than " + readable_size(1ull << i) : "larger";
        classes.add({bound, fmt::format("{} blocks", sum.sizes[i].blocks), share(sum.sizes[i].blocks, sum.all.allocations)});
    }
    out += (sum.all.allocations == 0 ? "  none\n" : classes.text()) + "\n" + heading("Lifetimes of what was freed");
    table         lives;
    std::uint64_t freed = 0;
    for (const trace_group& group : sum.lifetimes) freed += group.blocks;
    for (std::size_t i = 0; i != sum.lifetimes.size(); ++i)
        if (sum.lifetimes[i].blocks != 0)
            lives.add({up_to(i, sum.lifetimes.size()), fmt::format("{} blocks", sum.lifetimes[i].blocks),
                share(sum.lifetimes[i].blocks, freed)});
    out += (freed == 0 ? "  none\n" : lives.text()) + "\n" + heading("Never freed, the most bytes first");
    table left;
    for (std::size_t i = 0; i != std::min(given.top, sum.left.size()); ++i) {
        const auto& [what, group] = sum.left[i];
        left.add({name_of(trace, what.first), fmt::format("{} blocks of {}", group.blocks, readable_size(what.second)),
            readable_size(group.bytes)});
    }
    out += sum.left.empty() ? "  nothing\n" : left.text();
    print(out);
}

int show(const options& given) {
    const trace_contents trace = read_trace_file(given.file.c_str());
    if (!trace.ok()) throw failure(status::negative, trace.error);
    if (given.as_json) print_json(trace, given.events);
    else if (given.events) print_events(trace);
    else print_summary(trace, given);
    if (!trace.damage.empty()) throw failure(status::negative, given.file + ": read in part: " + trace.damage);
    return status::good;
}

}  // namespace

void add_trace(CLI::App& program, action& chosen) {
    auto* const command = program.add_subcommand("trace", "Show what a trace file says: sizes, lifetimes, peaks, leaks");
    const auto  given = std::make_shared<options>();
    command->add_option("FILE", given->file, "What a program with a tracing_resource wrote")->required()->type_name("");
    command->add_flag("--events", given->events, "List every event, of all threads in one order");
    command->add_flag("--json", given->as_json, "Print JSON (see docs/cli.md for its schema)");
    command->add_option("--top", given->top, "Lines in each list of the summary: 10 where not given")->type_name("N");
    command->footer(
        "An event's line: seconds since the file was begun, the thread, what was done, address, bytes, alignment,\n"
        "subsystem. The file of a program that was killed, or runs still, shows what was written so far.\n\n"
        "Examples:\n"
        "  autopmr trace server.trace\n"
        "  autopmr trace --events server.trace | grep ' failed '\n"
        "  autopmr trace --json server.trace | jq .all.peak\n\n"
        "Exit status:\n"
        "  0  the answer was printed\n"
        "  1  the file can't be read, or only in part: standard error says why and where\n"
        "  2  the command line is wrong");
    command->callback([&chosen, given] { chosen = [given] { return show(*given); }; });
}

}  // namespace autopmr::cli
