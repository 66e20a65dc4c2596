// choose(): the precedence, written once. A backend asked for by name, else the first row of the table that suits and serves.

#include <autopmr/selector.hpp>

#include "src/selector_facts.hpp"
#include "src/selector_hint.hpp"

namespace autopmr {
namespace {

using text = fixed_text<640>;

std::string_view why_not(const request& asked, const backend& one) noexcept {
    return asked.why_not != nullptr ? asked.why_not(one) : one.why_not();
}

standing refusal(std::string_view why) noexcept {
    constexpr std::string_view mark = "not built";
    return why.substr(0, mark.size()) == mark ? standing::not_built : standing::cannot_serve;
}

std::string_view no_guard(const request& asked, guard under) noexcept {
    if (under == guard::none || under == guard::canary || asked.where.os != operating_system::none) return {};
    return "guard pages need an operating system";
}

bool first_row_of_its_backend(candidate_list rows, const candidate& row) noexcept {
    for (const candidate& other : rows) {
        if (&other == &row) return true;
        if (other.what == row.what) return false;
    }
    return true;
}

template <class Keep>
void append_names(candidate_list rows, text& out, Keep keep) noexcept {
    bool any = false;
    for (const candidate& row : rows) {
        if (!first_row_of_its_backend(rows, row) || !keep(*row.what)) continue;
        out.append(any ? ", " : "").append(row.what->name);
        any = true;
    }
    if (!any) out.append("none");
}

// Those that could serve are asked only here, when there is an error to explain: it may load libraries.
void append_who_could(const request& asked, candidate_list rows, text& out) noexcept {
    append_names(rows, out, [&](const backend& one) { return why_not(asked, one).empty(); });
}

std::string_view who_asked(const request& asked) noexcept {
    if (asked.backend_by == said_by::nobody && asked.backend_origin.empty()) return "the request";
    return asker(asked.backend_by, asked.backend_origin, "AUTOPMR_BACKEND");
}

std::string_view named_rule(said_by who) noexcept {
    switch (who) {
        case said_by::program: return "asked-program";
        case said_by::environment: return "asked-environment";
        case said_by::policy_file: return "asked-file";
        default: return "asked";
    }
}

void unknown_name(const request& asked, candidate_list rows, decision& answer) noexcept {
    text& error = answer.failure;
    error.append(who_asked(asked)).append(" asks for the backend \"").append(printable(asked.backend)).append("\", and there is none of that name");
    for (const candidate& row : rows)
        if (may_mean(asked.backend, row.what->name)) {
            error.append(" (did you mean ").append(row.what->name).append("?)");
            break;
        }
    error.append("; the names are: ");
    append_names(rows, error, [](const backend&) { return true; });
}

// What became of the rows that no longer matter, or that are only asked for completeness.
void note_unasked(const request& asked, const candidate& row, decision& answer, std::string_view why_not_tried) noexcept {
    candidate_note note{row.what, row.rule, row.under, standing::not_tried, why_not_tried};
    if (asked.try_all) {
        const std::string_view no = why_not(asked, *row.what);
        const std::string_view bare = no_guard(asked, row.under);
        if (const verdict fits = row.suits(asked); !fits.suits) note = {row.what, row.rule, row.under, standing::not_suited, fits.because};
        else if (!bare.empty()) note = {row.what, row.rule, row.under, standing::cannot_serve, bare};
        else if (!no.empty()) note = {row.what, row.rule, row.under, refusal(no), no};
        else note = {row.what, row.rule, row.under, standing::passed_over, "could serve, but is not needed"};
    }
    answer.candidates.add(note);
}

void choose_by_name(const request& asked, candidate_list rows, decision& answer) noexcept {
    const candidate* found = nullptr;
    for (const candidate& row : rows)
        if (found == nullptr && row.what->name == asked.backend.view()) found = &row;
    if (found == nullptr) return unknown_name(asked, rows, answer);

    fact_note asking{"backend", {}, who_asked(asked), true};
    asking.value.append(printable(asked.backend));
    answer.facts.add(asking);

    const std::string_view no = why_not(asked, *found->what);
    candidate_note note{found->what, named_rule(asked.backend_by), guard::none, standing::taken, "asked for by name"};
    if (no.empty()) {
        answer.chosen = found->what;
        answer.rule = note.rule;
        answer.because = "asked for by name";
    } else {
        note.stands = refusal(no);
        note.why = no;
        answer.failure.append(who_asked(asked)).append(" asks for ").append(asked.backend).append(", which can't serve here: ");
        answer.failure.append(fixed_text<320>(no)).append("; these could: ");
        append_who_could(asked, rows, answer.failure);
    }
    answer.candidates.add(note);
    for (const candidate& row : rows) note_unasked(asked, row, answer, "a backend was asked for by name");
}

void nothing_serves(const request& asked, candidate_list rows, decision& answer) noexcept {
    text& error = answer.failure;
    const bool by_goal = platform_choice(asked.where).empty();
    error.append("nothing can serve");
    if (by_goal) error.append(" goal ").append(to_string(asked.wanted));
    if (asked.where.os == operating_system::none) error.append(" without an operating system");
    else error.append(" on ").append(to_string(asked.where.os));
    for (const candidate_note& note : answer.candidates) {
        if (note.stands == standing::not_suited) continue;
        error.append("; ").append(note.what->name);
        if (note.under != guard::none) error.append(" under ").append(to_string(note.under));
        error.append(": ").append(fixed_text<160>(note.why));
    }
    error.append(by_goal ? "; ask for another goal, or by name for one of: " : "; ask by name for one of: ");
    append_who_could(asked, rows, error);
}

void choose_by_table(const request& asked, candidate_list rows, decision& answer) noexcept {
    unsigned used = 0, decided = 0;
    for (const candidate& row : rows) {
        if (answer.ok()) {
            note_unasked(asked, row, answer, "a row above serves");
            continue;
        }
        const verdict fits = row.suits(asked);
        used |= fits.facts;
        candidate_note note{row.what, row.rule, row.under, standing::not_suited, fits.because};
        if (fits.suits) {
            std::string_view no = no_guard(asked, row.under);
            if (no.empty()) no = why_not(asked, *row.what);
            note.stands = no.empty() ? standing::taken : refusal(no);
            note.why = no.empty() ? fits.because : no;
            if (no.empty()) {
                answer.chosen = row.what;
                answer.under = row.under;
                answer.rule = row.rule;
                answer.because = row.because;
                decided = fits.facts;
            }
        }
        answer.candidates.add(note);
    }
    note_facts(asked, used, decided, answer);
    if (!answer.ok()) nothing_serves(asked, rows, answer);
}

}  // namespace

decision choose(const request& asked, candidate_list rows) noexcept {
    decision answer;
    answer.where = asked.where;
    answer.wanted = asked.wanted;
    if (!asked.problem.empty()) answer.failure.append(asked.problem.view());
    else if (!asked.backend.empty()) choose_by_name(asked, rows, answer);
    else choose_by_table(asked, rows, answer);
    return answer;
}

}  // namespace autopmr
