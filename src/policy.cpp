#include <autopmr/policy.hpp>

namespace autopmr {

const policy_result& policy_result::value_or_throw() const { return *this; }
policy_result load_policy(std::string_view) noexcept {
    policy_result r;
    r.fail("not yet");
    return r;
}
const policy_result& load_policy_from_environment() noexcept {
    static constinit policy_result fine;
    return fine;
}

}  // namespace autopmr
