#include <autopmr/decorators/limit.hpp>

#include <autopmr/describe.hpp>

namespace autopmr {

layer_facts limit::facts() const noexcept { return facts_of(now()); }

template class observed<limit, resource_ptr, with_exceptions>;

}  // namespace autopmr
