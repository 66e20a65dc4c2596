#include <autopmr/decorators/tracing.hpp>

namespace autopmr {

template class observed<tracing, resource_ptr, with_exceptions>;

}  // namespace autopmr
