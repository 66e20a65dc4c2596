#include <autopmr/decision.hpp>
#include <autopmr/errors.hpp>

#include "src/decision_line.hpp"

namespace autopmr {

std::string_view to_string(standing s) noexcept {
    constexpr std::string_view names[] = {"taken", "not suited", "cannot serve", "not built", "not tried", "passed over"};
    return names[static_cast<unsigned char>(s)];
}

std::string_view to_string(guard g) noexcept {
    constexpr std::string_view names[] = {"none", "canary", "pages", "sampled"};
    return names[static_cast<unsigned char>(g)];
}

const decision& decision::value_or_throw() const {
    if (!ok()) throw_configuration_error(error());
    return *this;
}

void describe(const decision& told, report_text& line) noexcept {
    line.text("autopmr: ");
    if (!told.ok()) {
        line.text("error: ").text(told.error());
        return;
    }
    if (told.kept != nullptr) line.text("kept the program's own default resource; would have chosen ");
    line.text(told.chosen->name);
    if (told.under != guard::none) line.text(" under ").text(to_string(told.under));
    line.text(" by rule ").text(told.rule).text(": ").text(told.because);
    std::string_view before = " (";
    for (const fact_note& fact : told.facts) {
        if (!fact.decided) continue;
        line.text(before).text(fact.name).text(" ").text(fact.value).text(": ").text(fact.origin);
        before = "; ";
    }
    if (before != " (") line.text(")");
    if (!told.tunings.empty()) line.text("; tuned ").number(told.tunings.size()).text(told.tunings.size() == 1 ? " parameter" : " parameters");
}

std::string decision::line() const {
    report_text text;
    describe(*this, text);
    return std::string(text.view());
}

}  // namespace autopmr
