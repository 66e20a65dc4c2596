#include <autopmr/decorators/statistics.hpp>

#include <autopmr/describe.hpp>

namespace autopmr {

layer_facts statistics::facts() const noexcept { return facts_of(now()); }

template class observed<statistics, resource_ptr, with_exceptions>;

}  // namespace autopmr
