// Where there is no fork.
#include "child.hpp"

namespace autopmr::testing {

std::string why_no_child() { return "this system has no fork"; }

child_end in_child(const std::function<int()>&, unsigned) { return {}; }

}  // namespace autopmr::testing
