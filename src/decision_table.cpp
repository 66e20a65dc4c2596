// A decision for people: aligned columns, wide but plain.

#include <autopmr/decision.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace autopmr {
namespace {

// The last column is not padded; a line never ends in blanks.
template <std::size_t Columns>
class columns {
public:
    using row = std::array<std::string, Columns>;
    void add(row cells) {
        for (std::size_t i = 0; i != Columns; ++i) width_[i] = std::max(width_[i], cells[i].size());
        text_.emplace_back(std::move(cells));
    }
    void print(std::string& out) const {
        for (const row& cells : text_) {
            std::string line = "  ";
            for (std::size_t i = 0; i != Columns; ++i) {
                line += cells[i];
                line.append(i + 1 == Columns ? 0 : width_[i] - cells[i].size() + 2, ' ');
            }
            out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
        }
    }

private:
    std::vector<row>                   text_;
    std::array<std::size_t, Columns>   width_{};
};

std::string plain(std::string_view text) { return std::string(text); }

}  // namespace

std::string decision::table() const {
    std::string out = line() + "\n\ncandidates, in the order in which they were looked at\n";
    columns<5> rows;
    rows.add({"", "rule", "backend", "outcome", "why"});
    for (const candidate_note& note : candidates) {
        std::string name = plain(note.what->name);
        if (note.under != guard::none) name.append(" under ").append(to_string(note.under));
        rows.add({note.stands == standing::taken ? ">" : "", plain(note.rule), name, plain(to_string(note.stands)), plain(note.why)});
    }
    rows.print(out);

    out += "\nfacts (* decided)\n";
    columns<4> used;
    for (const fact_note& fact : facts)
        used.add({fact.decided ? "*" : "", plain(fact.name), plain(fact.value), plain(fact.origin)});
    used.print(out);

    if (!tunings.empty()) {
        out += "\ntuned\n";
        columns<5> set;
        for (const tuning& one : tunings)
            set.add({plain(one.backend), plain(one.parameter), plain(one.value) + (one.applied ? "" : " (not applied)"),
                     "because of " + plain(one.fact), plain(one.origin)});
        set.print(out);
    }
    if (!notes.empty()) out += "\nnotes\n";
    for (const auto& note : notes) out += "  " + plain(note) + '\n';
    return out;
}

}  // namespace autopmr
