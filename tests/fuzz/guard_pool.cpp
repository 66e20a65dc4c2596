// The books of a guard pool against a model: any order of good and bad calls, each answered as the model says.
#include <autopmr/fault_handler.hpp>
#include <autopmr/guard_pool.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

using namespace autopmr;

namespace {

void expect(bool holds) {
    if (!holds) __builtin_trap();
}

fault_report last;
unsigned     faults = 0;
fault_answer keeps(const fault_report& report) noexcept {
    last = report;
    ++faults;
    return fault_answer::quarantine;
}

/// What the fuzzer says; zeroes when it has no more to say.
class words {
public:
    words(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
    bool     more() const { return size_ != 0; }
    unsigned next() {
        if (size_ == 0) return 0;
        --size_;
        return *data_++;
    }

private:
    const std::uint8_t* data_;
    std::size_t         size_;
};

struct block {
    char*       at;
    std::size_t bytes, alignment;
    unsigned    owner;
    bool        damaged;  ///< by us, and not reported yet
};

guard_pool_options options_of(words& from) {
    const unsigned     first = from.next(), second = from.next();
    guard_pool_options options;
    options.placement = static_cast<guard_placement>(first % 3);
    options.guard_markers = (first & 4) != 0;
    options.frames = first >> 3 & 1;
    options.quarantine = 1 + second % 32;
    options.most_live = (first & 16) != 0 ? 1 + second / 32 : 0;
    options.vma_budget = (first & 32) != 0 ? 60 : 0;
    return options;
}

class run {
public:
    explicit run(words from) : from_(from), pool_(options_of(from_)) {
        for (guard_owner& one : owners_) expect(pool_.enlist(one));
    }
    ~run() {
        check();
        for (guard_owner& one : owners_) pool_.dismiss(one);
        for (const block& one : live_) found_ += one.damaged ? 1 : 0;
        expect(faults == found_ && pool_.usage().live == 0 && pool_.usage().live_bytes == 0);
    }

    void step() {
        switch (from_.next() % 12) {
            case 0: case 1: case 2: return allocate();
            case 3: case 4: return free();
            case 5: return free_wrongly();
            case 6: return free_again();
            case 7: return free_what_is_none();
            case 8: return overrun();
            case 9: return verify();
            case 10: return recycle();
            default: return look();
        }
    }
    bool more() const { return from_.more(); }

private:
    void reported(fault_kind kind, const block& one) {
        ++found_;
        expect(faults == found_ && last.kind == kind && last.block == one.at && last.expected_bytes == one.bytes && last.expected_alignment == one.alignment);
    }
    void check() const {
        std::size_t bytes = 0;
        for (const block& one : live_) bytes += one.bytes;
        expect(faults == found_ && pool_.usage().live == live_.size() && pool_.usage().live_bytes == bytes);
    }
    void allocate() {
        const unsigned    shape = from_.next();
        const std::size_t bytes = std::size_t{from_.next()} << (shape % 16 == 0 ? 9 : 0), alignment = std::size_t{1} << (shape / 16 == 0 ? 13 : shape / 16 % 7);
        block             one{nullptr, bytes, alignment, from_.next() % 2, false};
        one.at = static_cast<char*>(pool_.allocate(bytes, alignment, owners_[one.owner], &last));
        if (one.at == nullptr) return check();
        expect(reinterpret_cast<std::uintptr_t>(one.at) % alignment == 0);
        std::memset(one.at, 0x5a, bytes);
        for (const block& other : live_) expect(other.at + other.bytes <= one.at || one.at + one.bytes <= other.at);
        live_.push_back(one);
    }
    block take() {
        std::swap(live_[from_.next() % live_.size()], live_.back());
        const block one = live_.back();
        live_.pop_back();
        return one;
    }
    void put(const block& one, std::size_t bytes, std::size_t alignment, unsigned owner) {
        pool_.deallocate(one.at, bytes, alignment, owners_[owner], &last);
        latest_ = one;
    }
    void free() {
        if (live_.empty()) return;
        const block one = take();
        for (std::size_t i = 0; i != one.bytes; ++i) expect(one.at[i] == 0x5a);
        put(one, one.bytes, one.alignment, one.owner);
        if (one.damaged) reported(fault_kind::overrun, one);
        check();
    }
    void free_wrongly() {
        if (live_.empty()) return;
        const unsigned how = from_.next() % 4;
        if (how == 3) {
            const block& one = live_[from_.next() % live_.size()];
            if (one.bytes < 2) return;
            pool_.deallocate(one.at + 1 + from_.next() % (one.bytes - 1), 1, 1, owners_[one.owner], &last);
            return reported(fault_kind::interior_pointer, one);
        }
        const block one = take();
        put(one, one.bytes + (how == 0 ? 1 : 0), one.alignment << (how == 1 ? 1 : 0), one.owner ^ (how == 2 ? 1 : 0));
        reported(how == 0 ? fault_kind::wrong_size : how == 1 ? fault_kind::wrong_alignment : fault_kind::wrong_resource, one);
        check();
    }
    void free_again() {
        if (latest_.at == nullptr) return;  // only of the last is it sure that it is in quarantine still
        pool_.deallocate(latest_.at, latest_.bytes, latest_.alignment, owners_[latest_.owner], &last);
        reported(fault_kind::double_free, latest_);
    }
    void free_what_is_none() {
        pool_.deallocate(&last, 1, 1, owners_[0], &last);
        expect(faults == ++found_ && last.kind == fault_kind::foreign_pointer);
    }
    void overrun() {
        if (live_.empty()) return;
        block& one = live_[from_.next() % live_.size()];
        // Behind it something is left of its page: what its alignment wanted.
        if (reinterpret_cast<std::uintptr_t>(one.at + one.bytes) % 4096 == 0) return;
        one.at[one.bytes] = 0;
        one.damaged = !one.damaged && !told(one) ? true : one.damaged;
    }
    bool told(const block& one) const {
        for (const char* at : told_)
            if (at == one.at) return true;
        return false;
    }
    void verify() {
        unsigned damaged = 0;
        for (block& one : live_)
            if (std::exchange(one.damaged, false)) told_.push_back(one.at), ++damaged;
        expect(pool_.verify() == damaged);
        found_ += damaged;
        check();
    }
    void recycle() {
        static_cast<void>(pool_.recycle(from_.next(), 1));
        latest_.at = nullptr;
        check();
    }
    /// Any address near a block, and any in the pool: it must be explained without a fault, and blocks as what they are.
    void look() {
        if (live_.empty()) return;
        const block&      one = live_[from_.next() % live_.size()];
        const std::size_t within = one.bytes != 0 ? from_.next() % one.bytes : 0;
        const auto        known = pool_.find(one.at + within);
        const auto        told = describe(static_cast<const void*>(one.at + within));
        expect(told.has_value());
        if (one.bytes != 0) {
            expect(known.address == one.at && known.bytes == one.bytes && known.alignment == one.alignment && known.state == block_state::live);
            expect(told->kind == fault_kind::unknown && told->block == one.at && told->past_end == 0 && told->before_start == 0);
        }
        const auto far = reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(one.at) + (std::size_t{from_.next()} << from_.next() % 40));
        static_cast<void>(pool_.find(far));
        static_cast<void>(describe(far));
    }

    words                    from_;
    guard_pool               pool_;
    guard_owner              owners_[2];
    std::vector<block>       live_;
    std::vector<const char*> told_;
    block                    latest_{};
    unsigned                 found_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    set_fault_handler(keeps);
    faults = 0;
    run one(words(data, size));
    for (int steps = 0; one.more() && steps != 500; ++steps) one.step();
    return 0;
}
