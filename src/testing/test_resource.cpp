#include <autopmr/testing/test_resource.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

namespace autopmr::testing {
namespace {

constexpr std::size_t   zone = 64;
constexpr std::size_t   most = std::size_t{1} << 30;
constexpr unsigned char untouched = 0xA5, given_out = 0xC7, came_back = 0xDD;

/// Bytes before a block: an odd multiple of its alignment, so that a block is never better aligned than was asked for.
std::size_t before(std::size_t alignment) noexcept { return alignment >= zone ? alignment : zone + alignment; }

fixed_text<256> words(std::string_view text, std::size_t bytes, std::size_t alignment) {
    fixed_text<256> all = text;
    return all.append(bytes).append(" bytes aligned to ").append(alignment);
}

}  // namespace

struct test_resource::faults {
    static constexpr std::size_t most = 4;  // the thread, the size or alignment, a write before and one past the end
    struct one {
        fault_report    report;
        fixed_text<256> words;
    };
    test_resource&     by;
    std::optional<one> list[most];
    std::size_t        count = 0;

    explicit faults(test_resource& resource) noexcept : by(resource) {}
    faults(const faults&) = delete;
    faults& operator=(const faults&) = delete;
    ~faults() {
        for (std::size_t i = 0; i != count; ++i) tell(*list[i]);
    }

    // With the lock held.
    void add(fault_kind kind, const void* block, shape expected, shape given, std::string_view text) {
        if (by.complaint_.empty()) by.complaint_ = text;
        auto& [report, line] = list[count++].emplace();
        line = text;
        report.kind = kind;
        report.address = block;
        report.resource = by.name_;
        report.expected_bytes = expected.bytes;
        report.expected_alignment = expected.alignment;
        report.given_bytes = given.bytes;
        report.given_alignment = given.alignment;
    }

private:
    void tell(const one& fault) const noexcept {
        if (by.quiet_) return;
        if (!by.no_abort_) return report_fault(fault.report);
        std::fprintf(stderr, "%s: %.*s\n", by.name_, static_cast<int>(fault.words.view().size()), fault.words.view().data());
    }
};

const char* test_resource_exception::what() const noexcept {
    return "autopmr: a test_resource refused, as its allocation limit says";
}

test_resource::test_resource(const char* name, resource_ptr upstream) : name_(name), upstream_(std::move(upstream)) {}

test_resource::~test_resource() {
    for (const auto& [block, of] : live_) {
        faults all(*this);
        check_red_zones(all, block, of);
    }
    if (!live_.empty()) {
        fixed_text<256> text;
        text.append(live_.size()).append(" blocks never came back, the first of ");
        const auto& [block, of] = *live_.begin();
        faults all(*this);
        all.add(fault_kind::leak, block, of, {}, text.append(words("", of.bytes, of.alignment)));
    }
    for (const blocks* all : {&live_, &misused_}) {
        for (const auto& [block, of] : *all) give_back(block, of);
    }
}

void test_resource::set_allocation_limit(long long limit, after_limit then) {
    const std::lock_guard hold(lock_);
    limit_ = limit;
    then_ = then;
}

long long test_resource::allocation_limit() const {
    const std::lock_guard hold(lock_);
    return limit_;
}

fixed_text<256> test_resource::complaint() const {
    const std::lock_guard hold(lock_);
    return complaint_;
}

void* test_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    faults                all(*this);
    const std::lock_guard hold(lock_);
    ++counts_.allocations;
    check_thread(all, nullptr, "allocate");
    check_request(bytes, alignment);
    const std::size_t front = before(alignment), whole = front + bytes + zone;
    auto*             raw = static_cast<unsigned char*>(upstream_.allocate(whole, 2 * alignment));
    unsigned char*    block = raw + front;
    try {
        live_.emplace(block, shape{bytes, alignment});
    } catch (...) {
        upstream_.deallocate(raw, whole, 2 * alignment);
        throw;
    }
    std::memset(raw, untouched, front);
    std::memset(block, given_out, bytes);
    std::memset(block + bytes, untouched, zone);
    if (limit_ > 0) --limit_;
    counts_.last_allocated = {block, bytes, alignment};
    ++counts_.total_blocks;
    counts_.total_bytes += static_cast<long long>(bytes);
    counts_.max_blocks = std::max(counts_.max_blocks, ++counts_.blocks_in_use);
    counts_.max_bytes = std::max(counts_.max_bytes, counts_.bytes_in_use += static_cast<long long>(bytes));
    if (verbose_)
        std::printf("%s: allocate %zu bytes aligned to %zu: %p\n", name_, bytes, alignment, static_cast<void*>(block));
    return block;
}

void test_resource::check_request(std::size_t bytes, std::size_t alignment) {
    if (limit_ == 0) {
        ++counts_.refusals;
        if (then_ == after_limit::serve) limit_ = -1;
        throw test_resource_exception(this, bytes, alignment);
    }
    if (alignment == 0 || (alignment & (alignment - 1)) != 0) throw_bad_alignment(bytes, alignment, name_);
    if (bytes > most || alignment > most) throw_out_of_memory(bytes, alignment, name_);
}

void test_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    faults                all(*this);
    const std::lock_guard hold(lock_);
    ++counts_.deallocations;
    const void* last = counts_.last_deallocated.address;
    counts_.last_deallocated = {block, bytes, alignment};
    if (verbose_) std::printf("%s: deallocate %zu bytes aligned to %zu: %p\n", name_, bytes, alignment, block);
    check_thread(all, block, "deallocate");
    const shape given{bytes, alignment};
    auto        node = live_.extract(block);
    if (node.empty()) {
        ++counts_.mismatches;
        const bool again = block == last || misused_.count(block) != 0;
        return all.add(again ? fault_kind::double_free : fault_kind::foreign_pointer, block, {}, given,
            words("deallocate of a block that is not live, with ", bytes, alignment));
    }
    const shape of = node.mapped();
    --counts_.blocks_in_use;
    counts_.bytes_in_use -= static_cast<long long>(of.bytes);
    const bool as_asked = of.bytes == bytes && of.alignment == alignment;
    if (!as_asked) {
        ++counts_.mismatches;
        ++counts_.bad_deallocate_params;
        fixed_text<256> text = words("deallocate with ", bytes, alignment);
        text.append(" of a block of ").append(words("", of.bytes, of.alignment));
        all.add(of.bytes != bytes ? fault_kind::wrong_size : fault_kind::wrong_alignment, block, of, given, text);
    }
    const bool intact = check_red_zones(all, block, of);
    std::memset(block, came_back, of.bytes);
    if (as_asked && intact) give_back(block, of);
    else misused_.insert(std::move(node));
}

void test_resource::check_thread(faults& all, const void* block, const char* call) {
    if (!one_thread_ || std::this_thread::get_id() == maker_) return;
    ++counts_.thread_errors;
    all.add(fault_kind::wrong_thread, block, {}, {},
        fixed_text<256>(call).append(" on a thread that did not make this resource"));
}

bool test_resource::check_red_zones(faults& all, const void* block, shape of) {
    const auto*       p = static_cast<const unsigned char*>(block);
    const auto        is_untouched = [](unsigned char c) { return c == untouched; };
    const std::size_t front = before(of.alignment);
    const bool        under = !std::all_of(p - front, p, is_untouched);
    const bool        over = !std::all_of(p + of.bytes, p + of.bytes + zone, is_untouched);
    if (under || over) ++counts_.bounds_errors;
    if (under) all.add(fault_kind::underrun, block, of, {}, words("a write before a block of ", of.bytes, of.alignment));
    if (over)
        all.add(fault_kind::overrun, block, of, {}, words("a write past the end of a block of ", of.bytes, of.alignment));
    return !under && !over;
}

void test_resource::give_back(void* block, shape of) {
    const std::size_t front = before(of.alignment);
    upstream_.deallocate(static_cast<unsigned char*>(block) - front, front + of.bytes + zone, 2 * of.alignment);
}

void test_resource::print() const {
    const std::lock_guard hold(lock_);
    std::printf("%s\n            %12s %12s %12s\n", name_, "in use", "max", "total");
    std::printf("    blocks  %12lld %12lld %12lld\n", counts_.blocks_in_use, counts_.max_blocks, counts_.total_blocks);
    std::printf("    bytes   %12lld %12lld %12lld\n", counts_.bytes_in_use, counts_.max_bytes, counts_.total_bytes);
    std::printf("    mismatches %lld, bounds errors %lld, thread errors %lld, refusals %lld\n", counts_.mismatches,
        counts_.bounds_errors, counts_.thread_errors, counts_.refusals);
    for (const auto& [block, of] : live_)
        std::printf("    in use: %p, %zu bytes aligned to %zu\n", block, of.bytes, of.alignment);
    if (!complaint_.empty())
        std::printf("    first: %.*s\n", static_cast<int>(complaint_.view().size()), complaint_.view().data());
}

}  // namespace autopmr::testing
