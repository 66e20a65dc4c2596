#include <autopmr/decorators/statistics.hpp>

namespace autopmr {

template class observed<statistics, resource_ptr, with_exceptions>;

}  // namespace autopmr
