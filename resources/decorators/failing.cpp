#include <autopmr/decorators/failing.hpp>

#include <autopmr/errors.hpp>

#include <mutex>

namespace autopmr {

template class observed<failing, resource_ptr, with_exceptions>;

namespace {

std::uint64_t mixed(std::uint64_t bits) noexcept {  // the finalizer of splitmix64
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBu;
    return bits ^ (bits >> 31);
}

}  // namespace

void failing::arm(plan how, std::uint64_t n, std::uint64_t seed) noexcept {
    const std::scoped_lock hold(lock_);
    how_ = how;
    n_ = n;
    seed_ = seed;
    requests_ = failures_ = 0;
}

// The random numbers are those of splitmix64 from the seed on.
bool failing::is_next_to_fail() noexcept {
    const std::scoped_lock hold(lock_);
    ++requests_;
    if (n_ == 0) return false;
    const bool fails = how_ == plan::once    ? requests_ == n_
                       : how_ == plan::every ? requests_ % n_ == 0
                                             : mixed(seed_ + requests_ * 0x9E3779B97F4A7C15u) % n_ == 0;
    failures_ += fails ? 1 : 0;
    return fails;
}

void failing::reserve(const block_request& request) {
    if (is_next_to_fail()) throw_out_of_memory(request.bytes, request.alignment, name.data());
}

std::uint64_t failing::requests() const noexcept {
    const std::scoped_lock hold(lock_);
    return requests_;
}

std::uint64_t failing::failures() const noexcept {
    const std::scoped_lock hold(lock_);
    return failures_;
}

layer_facts failing::facts() const noexcept {
    const std::scoped_lock hold(lock_);
    layer_facts            text;
    return text.append(failures_).append(" of ").append(requests_).append(" requests refused");
}

}  // namespace autopmr
