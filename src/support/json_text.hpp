#pragma once
/// \file
/// A string as JSON has it: quoted, escaped, valid UTF-8 whatever bytes came in.

#include <string>
#include <string_view>

namespace autopmr {

/// Appends `text` with its quotes. Bytes that are no UTF-8 (a name from the environment, a text that was cut) become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace autopmr
