// Subsystems as a table and as JSON, and what each setting came from.

#include "src/policy_words.hpp"
#include "src/size_text.hpp"
#include "src/subsystem_node.hpp"
#include "src/support/json_text.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace autopmr {
namespace {

std::vector<const subsystem_resource*> sorted() {
    std::vector<const subsystem_resource*> all;
    for_each_subsystem([&](const subsystem_resource& s) { all.push_back(&s); });
    std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->name() < b->name(); });
    return all;
}

fixed_text<192> inherited_from(const subsystem_node& node) noexcept {
    return fixed_text<192>("inherited from ").append(node.name_size != 0 ? node.view() : "the root");
}

// Of a setting that comes from the nearest ancestor that has it.
fixed_text<192> origin_of(const subsystem_node& node, setting_source subsystem_node::*setting) noexcept {
    const subsystem_node* from = &node;
    while (!(from->*setting) && from->parent != nullptr) from = from->parent;
    return from == &node || !(from->*setting) ? to_text(from->*setting) : inherited_from(*from);
}

// "mimalloc under canary (own heap)"
std::string backend_cell(const subsystem_usage& u, const subsystem_settings& set) {
    std::string text(u.backend.empty() ? std::string_view("-") : u.backend);
    const bool  terminal = set.secret || set.under == guard::pages;
    if (set.under != guard::none && !terminal) text.append(" under ").append(to_string(set.under));
    if (set.own_heap && !terminal) text += " (own heap)";
    return text;
}

void append_member(std::string& out, std::string_view key, std::string_view text) {
    append_json_string(out, key);
    out += ": ";
    append_json_string(out, text);
}

void append_member(std::string& out, std::string_view key, std::size_t number) {
    append_json_string(out, key);
    out += ": ";
    out += std::to_string(number);
}

}  // namespace

fixed_text<192> to_text(const setting_source& source) noexcept {
    if (source.who == said_by::nobody) return "default";
    if (source.at.file == nullptr) return "program";
    // A long path loses its beginning, never the line and column.
    const std::string_view path = source.at.file;
    constexpr std::size_t  most = 160;
    fixed_text<192>        text(path.size() > most ? "..." : "");
    return text.append(path.substr(path.size() > most ? path.size() - most : 0)).append(":").append(
        static_cast<unsigned long long>(source.at.line)).append(":").append(static_cast<unsigned long long>(source.at.column));
}

subsystem_settings subsystem_resource::settings() const noexcept {
    const auto            held = subsystem_tree::lock();
    const subsystem_node& self = *node_;
    subsystem_settings    s;
    s.limit = self.books.limit();
    s.limit_from = to_text(self.limit_by);
    const protection kind = self.bound.load(std::memory_order_relaxed) != nullptr ? self.in_force : protection_of(self);
    s.under = kind.under;
    s.secret = kind.secret;
    s.under_from = origin_of(self, &subsystem_node::under_by);
    s.secret_from = origin_of(self, &subsystem_node::secret_by);
    const subsystem_node* from = &self;  // who decides the backend, and with it the heap
    while (!from->backend_by && from->own == nullptr && from->parent != nullptr) from = from->parent;
    const backend* const bound = self.bound.load(std::memory_order_relaxed);
    const backend* const wanted = from->own != nullptr ? from->own_of : from->backend_by ? from->wanted : nullptr;
    if (bound != nullptr) s.backend = bound->name;
    else if (wanted != nullptr) s.backend = wanted->name;
    s.backend_from = wanted == nullptr ? origin_of_default() : from == &self && self.backend_by ? to_text(self.backend_by) : inherited_from(*from);
    s.own_heap = from->own != nullptr;
    s.own_heap_from = self.own_heap_by ? to_text(self.own_heap_by) : s.own_heap ? inherited_from(*from) : "default";
    return s;
}

std::string subsystem_table(size_style style) {
    const auto size = [&](std::size_t bytes) {
        return style == size_style::exact ? std::to_string(bytes) : std::string(short_size(bytes).view());
    };
    std::vector<std::vector<std::string>> rows{
        {"name", "parent", "backend", "live", "peak", "peak error", "total", "count", "failures", "limit", "backend from", "limit from"}};
    for (const subsystem_resource* s : sorted()) {
        const subsystem_usage    u = s->usage();
        const subsystem_settings set = s->settings();
        const auto named = [](std::string_view name) { return std::string(name.empty() ? "(root)" : name); };
        rows.push_back({named(u.name), s->parent() != nullptr ? named(u.parent) : "-",
            backend_cell(u, set), size(u.live),
            size(u.peak), u.peak_error != 0 ? std::string(1, '-') += size(u.peak_error) : "0", size(u.total), std::to_string(u.count),
            std::to_string(u.failures), u.limit != subsystem_options::no_limit ? size(u.limit) : "-",
            std::string(set.backend_from), std::string(set.limit_from)});
    }
    std::vector<std::size_t> widths(rows[0].size());
    for (const auto& row : rows)
        for (std::size_t i = 0; i != row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string out;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i != row.size(); ++i) {
            const bool        number = i >= 3 && i <= 9;
            const std::string pad(widths[i] - row[i].size(), ' ');
            if (number) out += pad;
            out += row[i];
            if (i + 1 == row.size()) break;
            if (!number) out += pad;
            out += "  ";
        }
        out += '\n';
    }
    return out;
}

std::string subsystem_json() {
    std::string out = "{\"schema\": 1, \"subsystems\": [";
    const char* between = "\n  ";
    for (const subsystem_resource* s : sorted()) {
        const subsystem_usage    u = s->usage();
        const subsystem_settings set = s->settings();
        out += between;
        between = ",\n  ";
        out += '{';
        append_member(out, "name", u.name);
        out += ", ";
        if (s->parent() != nullptr) append_member(out, "parent", u.parent);
        else out += "\"parent\": null";
        out += ", ";
        if (!u.backend.empty()) append_member(out, "backend", u.backend);
        else out += "\"backend\": null";
        for (const auto& [key, number] : {std::pair{"live", u.live}, {"peak", u.peak}, {"peak_error", u.peak_error},
                 {"total", u.total}, {"count", u.count}, {"failures", u.failures}}) {
            out += ", ";
            append_member(out, key, number);
        }
        out += ", ";
        if (u.limit != subsystem_options::no_limit) append_member(out, "limit", u.limit);
        else out += "\"limit\": null";
        out += set.own_heap ? ", \"own_heap\": true, " : ", \"own_heap\": false, ";
        append_member(out, "guard", to_string(set.under));
        out += set.secret ? ", \"secret\": true" : ", \"secret\": false";
        out += ", \"from\": {";
        append_member(out, "backend", set.backend_from);
        out += ", ";
        append_member(out, "limit", set.limit_from);
        out += ", ";
        append_member(out, "own_heap", set.own_heap_from);
        out += ", ";
        append_member(out, "guard", set.under_from);
        out += ", ";
        append_member(out, "secret", set.secret_from);
        out += "}}";
    }
    return out += "\n]}\n";
}

}  // namespace autopmr
