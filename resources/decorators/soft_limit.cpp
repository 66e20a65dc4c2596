#include <autopmr/decorators/soft_limit.hpp>

namespace autopmr {

template class observed<soft_limit, resource_ptr, with_exceptions>;

layer_facts soft_limit::facts() const noexcept {
    layer_facts text;
    return text.append(live()).append(" bytes live, mark ").append(bytes_).append(", again after ").append(low_);
}

}  // namespace autopmr
