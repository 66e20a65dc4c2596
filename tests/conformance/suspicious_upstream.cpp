#include "suspicious_upstream.hpp"

#include <autopmr/errors.hpp>

#include <algorithm>
#include <cstring>
#include <new>

namespace autopmr::testing {
namespace {

constexpr std::size_t   zone = 64;
constexpr std::size_t   most = std::size_t{1} << 30;  // no test of ours means to have more than this
constexpr unsigned char untouched = 0xA5, given_out = 0xC7, came_back = 0xDD;

/// Bytes before a block: an odd multiple of its alignment, so that a block is never better aligned than was asked for.
std::size_t before(std::size_t alignment) { return alignment >= zone ? alignment : zone + alignment; }

std::string shape(std::size_t bytes, std::size_t alignment) {
    return std::to_string(bytes) + " bytes aligned to " + std::to_string(alignment);
}

}  // namespace

suspicious_upstream::~suspicious_upstream() {
    for (const auto& [p, b] : live_) give_back(p, b);
}

void suspicious_upstream::fail_at(std::size_t n, failing how) {
    const std::lock_guard hold(lock_);
    until_failure_ = n;
    how_ = how;
}

std::size_t suspicious_upstream::refusals() const {
    const std::lock_guard hold(lock_);
    return refusals_;
}

std::size_t suspicious_upstream::live_blocks() const {
    const std::lock_guard hold(lock_);
    return live_.size();
}

std::string suspicious_upstream::complaint() const {
    const std::lock_guard hold(lock_);
    return complaint_;
}

void* suspicious_upstream::do_allocate(std::size_t bytes, std::size_t alignment) {
    const std::lock_guard hold(lock_);
    check_thread("allocate");
    if (until_failure_ != 0 && --until_failure_ == 0) {
        ++refusals_;
        if (how_ == failing::from_then_on) until_failure_ = 1;
        throw_out_of_memory(bytes, alignment, "suspicious upstream");
    }
    if (alignment == 0 || (alignment & (alignment - 1)) != 0) throw_bad_alignment(bytes, alignment, "suspicious upstream");
    if (bytes > most || alignment > most) throw_out_of_memory(bytes, alignment, "suspicious upstream");
    const std::size_t front = before(alignment);
    auto*             raw = static_cast<unsigned char*>(::operator new(front + bytes + zone, std::align_val_t{2 * alignment}));
    std::memset(raw, untouched, front);
    std::memset(raw + front, given_out, bytes);
    std::memset(raw + front + bytes, untouched, zone);
    live_.emplace(raw + front, block{bytes, alignment});
    return raw + front;
}

void suspicious_upstream::do_deallocate(void* p, std::size_t bytes, std::size_t alignment) {
    const std::lock_guard hold(lock_);
    check_thread("deallocate");
    const auto found = live_.find(p);
    if (found == live_.end()) return complain("deallocate of a block that is not live");
    const block b = found->second;
    if (b.bytes != bytes || b.alignment != alignment) {
        complain("deallocate with " + shape(bytes, alignment) + " of a block of " + shape(b.bytes, b.alignment));
    }
    check_red_zones(static_cast<const unsigned char*>(p), b);
    live_.erase(found);
    std::memset(p, came_back, b.bytes);
    give_back(p, b);
}

void suspicious_upstream::complain(const std::string& words) {
    if (complaint_.empty()) complaint_ = words;
}

void suspicious_upstream::check_thread(const char* call) {
    if (rule_ == threads::only_the_maker && std::this_thread::get_id() != maker_) {
        complain(std::string(call) + " on a thread that did not make this upstream");
    }
}

void suspicious_upstream::check_red_zones(const unsigned char* p, block b) {
    const auto        is_untouched = [](unsigned char c) { return c == untouched; };
    const std::size_t front = before(b.alignment);
    if (!std::all_of(p - front, p, is_untouched)) complain("a write before a block of " + shape(b.bytes, b.alignment));
    if (!std::all_of(p + b.bytes, p + b.bytes + zone, is_untouched)) {
        complain("a write past the end of a block of " + shape(b.bytes, b.alignment));
    }
}

void suspicious_upstream::give_back(void* p, block b) {
    ::operator delete(static_cast<unsigned char*>(p) - before(b.alignment), std::align_val_t{2 * b.alignment});
}

}  // namespace autopmr::testing
