// The schema is in docs/decision.md; "schema" grows when a field changes its meaning or goes, not when one is added.

#include <autopmr/decision.hpp>

#include "src/support/json_text.hpp"

namespace autopmr {
namespace {

// Writes members and elements with their commas; the layout is flat enough to need no more.
class writer {
public:
    explicit writer(std::string& out) : out_(out) {}
    void open(char bracket) { comma(), out_ += bracket, first_ = true; }
    void close(char bracket) { out_ += bracket, first_ = false; }
    void key(std::string_view name) {
        comma();
        append_json_string(out_, name);
        out_ += ": ";
        first_ = true;
    }
    void value(std::string_view text) { comma(), append_json_string(out_, text); }
    void raw(std::string_view literal) { comma(), out_ += literal; }
    void member(std::string_view name, std::string_view text) { key(name), value(text); }
    void member(std::string_view name, bool flag) { key(name), raw(flag ? "true" : "false"); }
    void or_null(std::string_view name, std::string_view text) {
        key(name);
        text.empty() ? raw("null") : value(text);
    }

private:
    void comma() {
        if (!first_) out_ += ", ";
        first_ = false;
    }
    std::string& out_;
    bool         first_ = true;
};

}  // namespace

std::string decision::json() const {
    std::string text;
    writer      to(text);
    to.open('{');
    to.key("schema"), to.raw("1");
    to.member("ok", ok());
    to.or_null("error", error());
    to.or_null("backend", ok() ? chosen->name : std::string_view());
    to.member("guard", to_string(under));
    to.or_null("rule", rule);
    to.or_null("because", because);
    to.member("platform", to_string(where.os));
    to.member("goal", to_string(wanted));
    to.member("kept", kept != nullptr);
    to.key("candidates"), to.open('[');
    for (const candidate_note& note : candidates) {
        to.open('{');
        to.member("backend", note.what->name), to.member("rule", note.rule), to.member("guard", to_string(note.under));
        to.member("standing", to_string(note.stands)), to.member("why", note.why);
        to.close('}');
    }
    to.close(']');
    to.key("facts"), to.open('[');
    for (const fact_note& fact : facts) {
        to.open('{');
        to.member("name", fact.name), to.member("value", fact.value.view()), to.member("origin", fact.origin.view());
        to.member("decided", fact.decided);
        to.close('}');
    }
    to.close(']');
    to.key("tunings"), to.open('[');
    for (const tuning& set : tunings) {
        to.open('{');
        to.member("backend", set.backend), to.member("parameter", set.parameter), to.member("value", set.value.view());
        to.member("fact", set.fact), to.member("origin", set.origin.view()), to.member("applied", set.applied);
        to.close('}');
    }
    to.close(']');
    to.key("notes"), to.open('[');
    for (const auto& note : notes) to.value(note.view());
    to.close(']');
    to.close('}');
    return text;
}

}  // namespace autopmr
