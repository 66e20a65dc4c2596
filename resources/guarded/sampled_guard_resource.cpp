#include <autopmr/guarded/sampled_guard_resource.hpp>

#include <autopmr/describe.hpp>

#include <bit>
#include <utility>

#include "src/support/per_thread.hpp"
#include "sampled_guard_resource_start.hpp"

namespace autopmr {
namespace {

constinit const std::atomic<guard_pool*> no_pool{nullptr};

constexpr std::size_t   most_alignment = std::size_t{64} << 10;
constexpr std::uint64_t unknown_room = UINT64_MAX;

/// While it lives this thread is in a pool, and may hold its locks: whoever interrupts it stays out. Without a record a thread
/// is too young or too old to be asked.
class in_a_pool {
public:
    in_a_pool() noexcept : mine_(sample_countdown::mine()), first_(mine_ == nullptr || !mine_->inside) {
        if (mine_ != nullptr) mine_->inside = true;
    }
    in_a_pool(const in_a_pool&) = delete;
    in_a_pool& operator=(const in_a_pool&) = delete;
    ~in_a_pool() {
        if (mine_ != nullptr && first_) mine_->inside = false;
    }
    explicit operator bool() const noexcept { return first_; }

private:
    sample_countdown* mine_;
    bool              first_;
};

unsigned shape_of(std::size_t bytes, std::size_t alignment) noexcept {
    const std::uint64_t both = std::uint64_t{bytes} * 0x9e3779b97f4a7c15u + alignment * 0xbf58476d1ce4e5b9u;
    return static_cast<unsigned>((both ^ both >> 32) * 0x94d049bb133111ebu >> 54);
}

/// A sampled resource below this one would find its own blocks in the hands of another.
bool samples_below(const resource_ptr& upstream, const std::atomic<guard_pool*>* pool) noexcept {
    bool found = false;
    for_each_layer(upstream, [&](const layer_stop& stop) { found = found || sampled_guard_start::samples_from(stop.resource, pool); });
    return found;
}

}  // namespace

sampled_guard_resource::sampled_guard_resource(const sampled_guard_options& options, resource_ptr upstream) noexcept
    : weight_(0), pool_(&no_pool), upstream_(std::move(upstream)), rate_(options.rate), own_pool_(options.pool),
      owner_{options.name, options.subsystem, options.on_fault, options.leaks, 0}, room_(unknown_room) {
    static_assert(sizeof seen_ * 8 == 1 << (64 - 54));
    if (rate_ == 0) return;
    pool_ = options.pool != nullptr ? &own_pool_ : &sampled_guard_start::shared;
    if (samples_below(upstream_, pool_)) {
        pool_ = &no_pool;
        rate_ = 0;
        return;
    }
    if (!sampled_guard_start::enter(*this)) {  // too many: one that is not known of could be taken for a stranger
        pool_ = &no_pool;
        rate_ = 0;
        return;
    }
    weight_ = sample_countdown::weight_of(rate_);
}

sampled_guard_resource::~sampled_guard_resource() {
    if (weight_ == 0) return;
    sampled_guard_start::leave(*this);
    if (!enlisted_.load(std::memory_order_acquire)) return;
    const in_a_pool now;
    pool_->load(std::memory_order_acquire)->dismiss(owner_);
}

void* sampled_guard_resource::do_allocate(std::size_t bytes, std::size_t alignment) { return allocate(bytes, alignment); }
void  sampled_guard_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    deallocate(block, bytes, alignment);
}

void* sampled_guard_resource::allocate_slowly(std::size_t bytes, std::size_t alignment) {
    const void* const caller = __builtin_return_address(0);
    sample_countdown* mine = sample_countdown::mine();
    if (mine == nullptr) {
        thread_record* const record = per_thread::current_or_new();
        if (record == nullptr) return upstream_.allocate(bytes, alignment);  // the thread is over, or memory is
        mine = &record->sampling;
        mine->left -= weight_;
    }
    const unsigned shape = shape_of(bytes, alignment);
    const bool     is_new = (seen_[shape / 64].load(std::memory_order_relaxed) >> shape % 64 & 1) == 0;
    void*          block = nullptr;
    if (mine->left <= 0 && mine->visit(rate_, is_new) && std::has_single_bit(alignment) && alignment <= most_alignment) {
        block = sample(bytes, alignment, is_new, *mine, caller);
        if (block != nullptr && is_new) seen_[shape / 64].fetch_or(std::uint64_t{1} << shape % 64, std::memory_order_relaxed);
    }
    return block != nullptr ? block : upstream_.allocate(bytes, alignment);
}

/// Null where this one goes to the upstream after all.
void* sampled_guard_resource::sample(std::size_t bytes, std::size_t alignment, bool is_new, sample_countdown& mine,
                                     const void* caller) noexcept {
    const in_a_pool now;
    if (!now || !sampled_guard_start::ready(*this)) return nullptr;
    guard_pool& pool = *pool_->load(std::memory_order_acquire);
    sampled_guard_start::free_what_waits();
    // From half full on a pool takes fewer and fewer, so that there is room for new shapes and for a while to come. With all sampled
    // there is nothing to choose.
    const std::uint64_t room = room_.load(std::memory_order_relaxed);
    if (!is_new && rate_ != 1 && room != unknown_room) {
        const std::uint64_t live = pool.usage().live, half = room / 2;
        if (live > half && mine.draw(room - half) < live - half) {
            passed_over_.fetch_add(1, std::memory_order_relaxed);
            return nullptr;
        }
    }
    void* const block = pool.allocate(bytes, alignment, owner_, caller);
    if (block == nullptr) {
        // A pool does not tell its room: the refusal of a small block does.
        if (const std::size_t live = pool.usage().live; live != 0 && bytes <= std::size_t{64} << 10) {
            std::uint64_t before = room_.load(std::memory_order_relaxed);
            if (before == unknown_room) room_.compare_exchange_strong(before, live, std::memory_order_relaxed);
        }
        passed_over_.fetch_add(1, std::memory_order_relaxed);
        return nullptr;
    }
    sampled_.fetch_add(1, std::memory_order_relaxed);
    return block;
}

void sampled_guard_resource::deallocate_slowly(void* block, std::size_t bytes, std::size_t alignment) noexcept {
    const void* const caller = __builtin_return_address(0);
    guard_pool&       pool = *pool_->load(std::memory_order_acquire);
    // Of one below that samples into the same pool, and could not be seen when this one was made: a subsystem that was not bound yet.
    if (pool.find(block).owner != owner_.number && samples_below(upstream_, pool_)) return upstream_.deallocate(block, bytes, alignment);
    const in_a_pool   now;
    if (!now) return sampled_guard_start::let_wait(*this, block, bytes, alignment);
    if (!sampled_guard_start::ready(*this)) sampled_guard_start::wait_until_ready(*this);
    pool.deallocate(block, bytes, alignment, owner_, caller);
}

std::size_t sampled_guard_resource::verify() noexcept {
    if (weight_ == 0 || !enlisted_.load(std::memory_order_acquire)) return 0;
    const in_a_pool now;
    return now ? pool_->load(std::memory_order_acquire)->verify(owner_) : 0;
}

sampled_guard_usage sampled_guard_resource::now() const noexcept {
    const guard_pool* const pool = pool_->load(std::memory_order_acquire);
    sampled_guard_usage     all{sampled_.load(std::memory_order_relaxed), passed_over_.load(std::memory_order_relaxed), 0};
    if (const in_a_pool now; now && pool != nullptr) all.live = pool->usage().live;
    return all;
}

layer_facts sampled_guard_resource::facts() const noexcept {
    layer_facts text;
    if (weight_ == 0) return text.append("off");
    const sampled_guard_usage all = now();
    text.append("1 in ").append(rate_).append(", ").append(all.sampled).append(" sampled, ");
    if (all.passed_over != 0) text.append(all.passed_over).append(" passed over, ");
    return text.append(all.live).append(" live in its pool");
}

}  // namespace autopmr
