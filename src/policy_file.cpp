// The only file that knows TOML.

#include "src/policy_file.hpp"

#include "src/policy_words.hpp"
#include "src/size_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <ostream>
#include <stdexcept>

// An assertion of toml++'s own that fails is one more error of the file's, in every build.
[[noreturn, maybe_unused]] static void toml_assertion_failed(const char* what) { throw std::logic_error(what); }

// Its code is compiled into this file and not exported, so that a program may bring a toml++ of its own.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ASSERT(expression) (static_cast<bool>(expression) ? void() : toml_assertion_failed("toml++: " #expression))
#pragma GCC visibility push(hidden)
#include <toml++/toml.h>
#pragma GCC visibility pop

namespace autopmr {
namespace {

constexpr std::string_view top_keys = "backend, goal, limit and [subsystem.\"name\"] tables";
constexpr std::string_view section_keys = "backend, limit, own_heap, guard and secret";

class reader {
public:
    reader(const char* file, policy_document& out, policy_result& result) : file_(file), out_(out), result_(result) {}

    bool top(const toml::table& document) {
        for (auto&& [key, value] : document) {
            const std::string_view word = key.str();
            const bool             good = word == "backend"   ? backend_name(key, value, out_.root)
                                          : word == "goal"      ? goal_name(key, value)
                                          : word == "limit"     ? size(key, value, out_.root)
                                          : word == "subsystem" ? subsystems(key, value)
                                                                : unknown(key, "the file", top_keys);
            if (!good) return false;
        }
        return not_twice();
    }

    bool fail(const toml::source_region& where, std::string_view what) {
        fixed_text<1024> said(to_text({said_by::policy_file, place(where)}).view());
        result_.fail(said.append(": ").append(what));
        return false;
    }

private:
    using text = fixed_text<800>;

    setting_place place(const toml::source_region& where) const { return {file_, where.begin.line, where.begin.column}; }

    // What a user wrote, cut to a length that leaves room for what is wrong with it, and on one line.
    static fixed_text<64> shown(std::string_view written) {
        fixed_text<64> out;
        for (const char& c : written)
            out.append(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? std::string_view("?") : std::string_view(&c, 1));
        return out;
    }

    bool unknown(const toml::key& key, std::string_view where, std::string_view known) {
        return fail(key.source(), text("unknown key '").append(shown(key.str())).append("'; ").append(where).append(
            " may have ").append(known));
    }

    bool wrong_type(const toml::key& key, const toml::node& value, std::string_view wanted) {
        return fail(value.is_table() ? key.source() : value.source(),
            text(key.str()).append(" is ").append(type_name(value)).append("; write ").append(wanted));
    }

    static std::string_view type_name(const toml::node& value) {
        switch (value.type()) {
            case toml::node_type::table: return "a table";
            case toml::node_type::array: return "an array";
            case toml::node_type::string: return "a string";
            case toml::node_type::integer: return "an integer";
            case toml::node_type::floating_point: return "a number with a fraction";
            case toml::node_type::boolean: return "true or false";
            default: return "a date or time";
        }
    }

    bool backend_name(const toml::key& key, const toml::node& value, policy_section& to) {
        const auto* const name = value.as_string();
        if (name == nullptr) return wrong_type(key, value, "a backend's name, such as backend = \"mimalloc\"");
        if (name->get().empty()) return fail(value.source(), "backend is empty; name one, or leave the key out to let autopmr choose");
        to.backend = name->get();
        to.backend_at = place(value.source());
        return true;
    }

    bool goal_name(const toml::key& key, const toml::node& value) {
        const auto* const name = value.as_string();
        if (name == nullptr) return wrong_type(key, value, "goal = \"throughput\", \"footprint\" or \"hardened\"");
        goal wanted{};
        if (!parse(name->get(), wanted))
            return fail(value.source(), text("unknown goal '").append(shown(name->get())).append(
                "'; write goal = \"throughput\", \"footprint\" or \"hardened\""));
        out_.wanted = wanted;
        out_.wanted_at = place(value.source());
        return true;
    }

    bool size(const toml::key& key, const toml::node& value, policy_section& to) {
        std::size_t      bytes = 0;
        std::string_view wrong;
        fixed_text<64>   written;
        if (const auto* const number = value.as_integer()) {
            if (number->get() < 0) wrong = "is negative; a size is a positive whole number";
            else if (static_cast<std::uint64_t>(number->get()) > static_cast<std::uint64_t>(PTRDIFF_MAX)) wrong = "is more than this machine can address";
            bytes = static_cast<std::size_t>(number->get());
            if (number->get() < 0) written.append("-").append(-static_cast<unsigned long long>(number->get()));
            else written.append(static_cast<unsigned long long>(number->get()));
        } else if (const auto* const string = value.as_string()) {
            wrong = parse_size(string->get(), bytes);
            written.append("\"").append(shown(string->get())).append("\"");
        } else {
            return wrong_type(key, value, "a size, such as limit = \"64MiB\" or limit = 67108864");
        }
        if (wrong.empty() && bytes == 0) wrong = "would refuse every request; give a size such as \"64MiB\", or leave the key out for no limit";
        if (!wrong.empty()) return fail(value.source(), text("limit = ").append(written).append(" ").append(wrong));
        to.limit = bytes;
        to.limit_at = place(value.source());
        return true;
    }

    bool heap(const toml::key& key, const toml::node& value, policy_section& to) {
        const auto* const yes = value.as_boolean();
        if (yes == nullptr) return wrong_type(key, value, "own_heap = true or own_heap = false");
        to.own_heap = yes->get();
        to.own_heap_at = place(value.source());
        return true;
    }

    bool guard_name(const toml::key& key, const toml::node& value, policy_section& to) {
        const auto* const word = value.as_string();
        guard             under{};
        if (word == nullptr) return wrong_type(key, value, text("guard = ").append(guard_words));
        if (!parse(word->get(), under))
            return fail(value.source(), text("unknown guard '").append(shown(word->get())).append("'; write guard = ").append(guard_words));
        to.under = under;
        to.under_at = place(value.source());
        return true;
    }

    bool secret(const toml::key& key, const toml::node& value, policy_section& to) {
        const auto* const yes = value.as_boolean();
        if (yes == nullptr) return wrong_type(key, value, "secret = true or secret = false");
        to.secret = yes->get();
        to.secret_at = place(value.source());
        return true;
    }

    bool subsystems(const toml::key& key, const toml::node& value) {
        const toml::table* const all = value.as_table();
        if (all == nullptr) return wrong_type(key, value, "a table for each subsystem, such as [subsystem.\"server.net\"]");
        for (auto&& [name, below] : *all) {
            if (!below.is_table())
                return fail(name.source(), text("subsystem.").append(shown(name.str())).append(" is ").append(
                    type_name(below)).append("; write a table for each subsystem, such as [subsystem.\"server.net\"]"));
            if (!section({}, name, *below.as_table())) return false;
        }
        return true;
    }

    // [subsystem.server.net] and [subsystem."server.net"] mean the same.
    bool section(std::string_view above, const toml::key& key, const toml::table& table) {
        policy_section s;
        s.name = above.empty() ? std::string(key.str()) : std::string(above) + "." + std::string(key.str());
        s.at = place(key.source());
        if (key.str().empty()) return fail(key.source(), "a subsystem's name is empty; name it, or set the root's limit at the top of the file");
        if (const std::string_view wrong = subsystem_name_error(s.name); !wrong.empty())
            return fail(key.source(), text("'").append(shown(s.name)).append("' is no name: ").append(wrong));
        bool says_something = false, has_below = false;
        for (auto&& [word, value] : table) {
            const std::string_view w = word.str();
            const bool known = w == "backend" || w == "limit" || w == "own_heap" || w == "guard" || w == "secret";
            const bool good = w == "backend"    ? backend_name(word, value, s)
                              : w == "limit"    ? size(word, value, s)
                              : w == "own_heap" ? heap(word, value, s)
                              : w == "guard"    ? guard_name(word, value, s)
                              : w == "secret"   ? secret(word, value, s)
                              : value.is_table() ? section(s.name, word, *value.as_table())
                                                 : unknown(word, "a subsystem", section_keys);
            if (!good) return false;
            says_something = says_something || known;
            has_below = has_below || !known;
        }
        // A table that is only the way to one below it is no section of its own.
        if (says_something || !has_below) out_.sections.push_back(std::move(s));
        return true;
    }

    // TOML itself refuses a table that is repeated as it stands, not the two ways to write one name.
    bool not_twice() {
        auto& all = out_.sections;
        std::sort(all.begin(), all.end(), [](const policy_section& a, const policy_section& b) {
            return a.name != b.name ? a.name < b.name : a.at.line < b.at.line;
        });
        const auto twice = std::adjacent_find(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
        if (twice == all.end()) return true;
        fixed_text<1024> what(to_text({said_by::policy_file, twice[1].at}).view());
        what.append(": subsystem '").append(twice->name).append("' is already in line ");
        result_.fail(what.append(static_cast<unsigned long long>(twice->at.line)).append("; put its settings in one place"));
        return false;
    }

    const char*      file_;
    policy_document& out_;
    policy_result&   result_;
};

}  // namespace

bool parse_policy(std::string_view written, const char* file, policy_document& out, policy_result& result) {
    reader                   in(file, out, result);
    const toml::parse_result parsed = toml::parse(written);
    if (parsed) return in.top(parsed.table());
    const toml::parse_error& wrong = parsed.error();
    return in.fail(wrong.source(), fixed_text<800>("not TOML: ").append(wrong.description()));
}

}  // namespace autopmr
