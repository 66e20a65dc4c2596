// For builds without toml++: cmake/policy_file.cmake chooses between this and policy_file.cpp.

#include "src/policy_file.hpp"

namespace autopmr {

bool parse_policy(std::string_view, const char* file, policy_document&, policy_result& result) {
    result.fail(fixed_text<1024>(file).append(
        ": not built: this autopmr can't read policy files, since toml++ was not found when it was built; "
        "install libtomlplusplus-dev and build it again, or call configure()"));
    return false;
}

}  // namespace autopmr
