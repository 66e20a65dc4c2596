#include "server.hpp"

#include <charconv>

namespace json_server {
namespace {

void append(std::pmr::string& out, std::size_t number) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

struct family {
    std::string_view name, type, unit, help;
    std::size_t (*value)(const autopmr::subsystem_resource&);
};

// As OpenMetrics names them: a counter's samples end in _total.
constexpr family families[] = {
    {"autopmr_live_bytes", "gauge", "bytes", "Bytes that are allocated now.", [](const auto& s) -> std::size_t { return s.usage().live; }},
    {"autopmr_peak_bytes", "gauge", "bytes", "Most bytes that were allocated at once.", [](const auto& s) -> std::size_t { return s.usage().peak; }},
    {"autopmr_allocated_bytes", "counter", "bytes", "Bytes that were allocated so far.", [](const auto& s) -> std::size_t { return s.usage().total; }},
    {"autopmr_allocations", "counter", "", "Allocations so far.", [](const auto& s) -> std::size_t { return s.usage().count; }},
    {"autopmr_failures", "counter", "", "Allocations that were refused.", [](const auto& s) -> std::size_t { return s.usage().failures; }},
};

}  // namespace

void append_metrics(std::pmr::string& out) {
    for (const family& f : families) {
        out.append("# TYPE ").append(f.name).append(" ").append(f.type).append("\n");
        if (!f.unit.empty()) out.append("# UNIT ").append(f.name).append(" ").append(f.unit).append("\n");
        out.append("# HELP ").append(f.name).append(" ").append(f.help).append("\n");
        autopmr::for_each_subsystem([&](const autopmr::subsystem_resource& s) {
            // Names hold nothing that would have to be escaped. The root's is empty.
            out.append(f.name).append(f.type == "counter" ? "_total" : "").append("{subsystem=\"").append(s.name()).append("\"} ");
            append(out, f.value(s));
            out += '\n';
        });
    }
    out.append("# TYPE autopmr_limit_bytes gauge\n# UNIT autopmr_limit_bytes bytes\n# HELP autopmr_limit_bytes Most bytes that may be allocated.\n");
    autopmr::for_each_subsystem([&](const autopmr::subsystem_resource& s) {
        const std::size_t limit = s.settings().limit;
        if (limit == autopmr::subsystem_options::no_limit) return;
        out.append("autopmr_limit_bytes{subsystem=\"").append(s.name()).append("\"} ");
        append(out, limit);
        out += '\n';
    });
    out.append("# EOF\n");
}

}  // namespace json_server
