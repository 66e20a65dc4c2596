#pragma once
/// \file
/// The facts of a request as a decision shows them: name, value, origin.

#include <autopmr/decision.hpp>
#include <autopmr/request.hpp>

namespace autopmr {

/// Adds a note for each bit of `used`; `decided` tells those on which the taken row rests.
void note_facts(const request& asked, unsigned used, unsigned decided, decision& answer) noexcept;

/// "AUTOPMR_BACKEND", "autopmr.toml:3:1", "the program", ...: who asked, as a sentence's subject.
std::string_view asker(said_by who, std::string_view origin, std::string_view variable) noexcept;

}  // namespace autopmr
