#include <autopmr/decorators/limit.hpp>

namespace autopmr {

template class observed<limit, resource_ptr, with_exceptions>;

}  // namespace autopmr
