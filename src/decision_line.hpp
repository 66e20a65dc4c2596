#pragma once
/// \file
/// A decision as one line, without allocating.

#include "src/support/report_text.hpp"

#include <autopmr/decision.hpp>

namespace autopmr {

void describe(const decision& told, report_text& line) noexcept;

}  // namespace autopmr
