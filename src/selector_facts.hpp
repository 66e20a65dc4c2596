#pragma once
/// \file
/// The facts of a request as a decision shows them: name, value, origin.

#include <autopmr/decision.hpp>
#include <autopmr/fixed_text.hpp>
#include <autopmr/request.hpp>

#include <string_view>

namespace autopmr {

/// Adds a note for each bit of `used`; `decided` tells those on which the taken row rests.
void note_facts(const request& asked, unsigned used, unsigned decided, decision& answer) noexcept;

/// "AUTOPMR_BACKEND", "autopmr.toml:3:1", "the program", ...: who asked, as a sentence's subject.
std::string_view asker(said_by who, std::string_view origin, std::string_view variable) noexcept;

/// What somebody typed, fit for one line: control characters become '?'.
fixed_text<64> printable(std::string_view typed) noexcept;

}  // namespace autopmr
