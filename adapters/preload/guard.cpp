#include "guard.hpp"

#include "c_library.hpp"

#include <autopmr/fault_handler.hpp>

#include "src/platform/os.hpp"
#include "src/support/report_text.hpp"

#include <atomic>
#include <cstdint>
#include <new>
#include <string_view>

namespace autopmr::preload {
namespace {

enum class mode : unsigned char { pages, sampled };
enum class exhausted : unsigned char { refuse, recycle, pass };

struct settings {
    mode          guards = mode::pages;
    exhausted     when_full = exhausted::recycle;
    unsigned long rate = 5000;
};

void complain(const char* variable, const char* value, const char* instead) noexcept {
    report_text().text("autopmr: ").text(variable).text(" is \"").text(value).text("\"; ").text(instead).write();
}

// Of the program's start: what it does to its environment later changes nothing.
settings read_settings() noexcept {
    settings read;
    if (const char* const text = os::environment("AUTOPMR_GUARD")) {
        const std::string_view word(text);
        if (word == "sampled") read.guards = mode::sampled;
        else if (word != "pages") complain("AUTOPMR_GUARD", text, "the guards are pages and sampled; pages it is");
    }
    if (const char* const text = os::environment("AUTOPMR_GUARD_EXHAUSTED")) {
        const std::string_view word(text);
        if (word == "refuse") read.when_full = exhausted::refuse;
        else if (word == "pass") read.when_full = exhausted::pass;
        else if (word != "recycle") complain("AUTOPMR_GUARD_EXHAUSTED", text, "write refuse, recycle or pass; recycle it is");
    }
    if (const char* const text = os::environment("AUTOPMR_GUARD_RATE")) {
        unsigned long rate = 0;
        bool          good = *text != '\0';
        for (const char* c = text; *c != '\0' && good; ++c) {
            good = *c >= '0' && *c <= '9' && rate < 100'000'000;
            if (good) rate = rate * 10 + static_cast<unsigned long>(*c - '0');
        }
        if (good && rate != 0) read.rate = rate;
        else complain("AUTOPMR_GUARD_RATE", text, "write how many allocations come to one that is guarded; 5000 it is");
    }
    return read;
}

guard_pool_options pool_options_of(const settings& asked) noexcept {
    guard_pool_options options;
    const char* const  markers = os::environment("AUTOPMR_GUARD_MARKERS");  // "0": as on kernels that have none
    options.guard_markers = markers == nullptr || std::string_view(markers) != "0";
    if (asked.guards == mode::sampled) {
        options.most_live = 256;
        options.quarantine = 1024;
    }
    return options;
}

// Never destroyed: exit handlers free too.
struct guards {
    settings    asked;
    guard_pool  pool;
    guard_owner owner;

    explicit guards(const settings& read) : asked(read), pool(pool_options_of(read)) {
        owner.name = read.guards == mode::pages ? "preload pages" : "preload sampled";
        pool.enlist(owner);
    }
};

alignas(guards) std::byte place[sizeof(guards)];
constinit std::atomic<guards*> made{nullptr};
constinit std::atomic<bool>    making{false};

// Set while this thread is in the guard: what it, the unwinder or the loader allocates meanwhile is the C library's.
__thread bool inside __attribute__((tls_model("initial-exec"))) = false;

class visit {
public:
    visit() noexcept : first_(!inside) { inside = true; }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;
    ~visit() {
        if (first_) inside = false;
    }
    [[nodiscard]] bool first() const noexcept { return first_; }

private:
    bool first_;
};

// Null while the first thread makes them: the others are the C library's until then.
guards* have() noexcept {
    guards* there = made.load(std::memory_order_acquire);
    if (there != nullptr || making.exchange(true)) return there;
    try {
        there = ::new (static_cast<void*>(place)) guards(read_settings());
        made.store(there, std::memory_order_release);
    } catch (const std::bad_alloc&) {
        report_text().text("autopmr: no address space for guards; nothing is guarded").write();
    }
    return there;
}

// One in N, uniform in [1, 2N); for each thread by itself.
bool is_sampled(unsigned long rate) noexcept {
    static __thread std::uint64_t state __attribute__((tls_model("initial-exec"))) = 0;
    static __thread unsigned long left __attribute__((tls_model("initial-exec"))) = 0;
    if (left > 1) {
        --left;
        return false;
    }
    const bool first = state == 0;
    if (first) state = (os::clock_ticks() ^ reinterpret_cast<std::uintptr_t>(&state)) | 1;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    left = 1 + static_cast<unsigned long>(state % (2 * rate - 1));
    return !first || rate == 1;
}

}  // namespace

void* take(std::size_t bytes, std::size_t alignment, const void* caller) noexcept {
    const visit here;
    guards* const all = here.first() ? have() : nullptr;
    if (all == nullptr || alignment > most_alignment) return c_library::allocate(bytes, alignment);
    if (all->asked.guards == mode::sampled && !is_sampled(all->asked.rate)) return c_library::allocate(bytes, alignment);
    void* block = all->pool.allocate(bytes, alignment, all->owner, caller);
    if (block == nullptr && all->asked.when_full == exhausted::recycle && all->asked.guards == mode::pages && all->pool.recycle(bytes, alignment))
        block = all->pool.allocate(bytes, alignment, all->owner, caller);
    if (block != nullptr) return block;
    // A sample that finds no room is no loss; under pages only who asked for it goes on unguarded.
    const bool pass = all->asked.guards == mode::sampled || all->asked.when_full == exhausted::pass;
    return pass ? c_library::allocate(bytes, alignment) : nullptr;
}

bool guarded(const void* block) noexcept {
    const guards* const all = made.load(std::memory_order_acquire);
    return all != nullptr && all->pool.contains(block);
}

guarded_block what_is(const void* block) noexcept { return made.load(std::memory_order_acquire)->pool.find(block); }

void give_back(void* block, std::size_t bytes, std::size_t alignment, const void* caller) noexcept {
    if (!guarded(block)) return c_library::deallocate(block);
    const visit         here;
    guards* const       all = made.load(std::memory_order_acquire);
    const guarded_block found = all->pool.find(block);
    all->pool.deallocate(block, bytes != 0 ? bytes : found.bytes, alignment != 0 ? alignment : found.alignment, all->owner, caller);
}

}  // namespace autopmr::preload

// Not at the first allocation, which comes before the C library is ready for handlers.
[[gnu::constructor]] static void handle_faults() {
    const char* const wanted = autopmr::os::environment("AUTOPMR_GUARD_HANDLER");
    if (wanted == nullptr || std::string_view(wanted) != "0") static_cast<void>(autopmr::install_fault_handler());
}
