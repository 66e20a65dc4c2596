#include "secret_resource_store.hpp"

#include "src/support/fork_watch.hpp"
#include "src/support/wipe.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <mutex>
#include <new>

namespace autopmr {
namespace {

// All stores, for a forked child, which must learn at once that what it sees is its parent's.
constinit std::mutex    list_lock;
constinit secret_store* newest = nullptr;

struct stores_at_fork : held_across_fork<list_lock> {
    static void in_child() noexcept {
        for (secret_store* one = newest; one != nullptr; one = one->older) one->in_child();
        list_lock.unlock();
    }
};

std::uint64_t mixed(std::uint64_t n) noexcept {
    n = (n ^ n >> 30) * 0xBF58476D1CE4E5B9u;
    n = (n ^ n >> 27) * 0x94D049BB133111EBu;
    return n ^ n >> 31;
}

}  // namespace

secret_store::secret_store(const secret_options& options) noexcept
    : options_(options), page_(os::page_size()), key_(mixed(os::clock_ticks() ^ reinterpret_cast<std::uintptr_t>(this))) {}

secret_store* secret_store::make(const secret_options& options) {
    void* const memory = os::map_pages(sizeof(secret_store));
    if (memory == nullptr) throw_out_of_memory(sizeof(secret_store), alignof(secret_store), name);
    auto* const store = ::new (memory) secret_store(options);
    fork_watch<stores_at_fork>::begin();  // after the mutex's own handlers: a child has all of these free
    refusal             why;
    secret_piece* const first = store->map(options.isolated ? store->page_ : slab_bytes, slab_bytes, options.isolated ? piece_kind::own : piece_kind::slab, why);
    if (first == nullptr) {
        const protection_unavailable error(slab_bytes, 1, name, why.which, why.why, os::lockable_memory());
        end(store);
        if (why.which == secret_protection::none) throw_out_of_memory(slab_bytes, 1, name);
        throw_protection_unavailable(error);
    }
    store->held_ = first->holds;
    if (options.isolated) store->unmap(*first);
    else store->spare_ = first;
    {
        const std::scoped_lock hold(list_lock);
        store->older = newest;
        if (newest != nullptr) newest->newer = store;
        newest = store;
    }
    fault_sources::join(*store);
    return store;
}

void secret_store::end(secret_store* store) noexcept {
    fault_sources::leave(*store);
    {
        const std::scoped_lock hold(list_lock);
        if (store->newer != nullptr) store->newer->older = store->older;
        else if (newest == store) newest = store->older;
        if (store->older != nullptr) store->older->newer = store->newer;
    }
    store->each([&](secret_piece& one) {
        if (one.kind.load(std::memory_order_relaxed) != piece_kind::unused) store->unmap(one);
        if (one.slots != nullptr) os::unmap_pages(one.slots, slots_bytes());
    });
    for (piece_page *page = store->pages_, *next = nullptr; page != nullptr; page = next) {
        next = page->next;
        os::unmap_pages(page, sizeof(piece_page));
    }
    if (store->table_ != nullptr) os::unmap_pages(store->table_, store->table_places_ * sizeof(secret_piece*));
    store->~secret_store();
    os::unmap_pages(store, sizeof(secret_store));
}

void secret_store::refuse(std::size_t bytes, std::size_t alignment, const refusal& why) {
    if (why.which == secret_protection::none) throw_out_of_memory(bytes, alignment, name);
    throw_protection_unavailable(protection_unavailable(bytes, alignment, name, why.which, why.why, os::lockable_memory()));
}

void* secret_store::allocate(std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, name);
    if (alignment > PTRDIFF_MAX / 4 || bytes > PTRDIFF_MAX / 4) throw_out_of_memory(bytes, alignment, name);
    const unsigned index = options_.isolated ? secret_classes::count : secret_classes::of(bytes, alignment);
    refusal        why;
    secret_finding finding;
    void*          block = nullptr;
    {
        const std::scoped_lock hold(mutex_);
        block = index != secret_classes::count ? take_small(index, bytes, alignment, why, finding) : take_own(bytes, alignment, why);
        if (block != nullptr) {
            ++usage_.live;
            usage_.live_bytes += bytes;
        }
    }
    if (finding.kind != fault_kind::unknown) report(finding, 0, 0);
    if (block == nullptr) refuse(bytes, alignment, why);
    return block;
}

void secret_store::deallocate(void* memory, std::size_t bytes, std::size_t alignment) noexcept {
    auto* const    block = static_cast<char*>(memory);
    const auto     at = reinterpret_cast<std::uintptr_t>(memory);
    secret_finding finding;
    {
        const std::scoped_lock hold(mutex_);
        secret_piece*          piece = find(at & ~std::uintptr_t{slab_bytes - 1});
        if (piece == nullptr || (piece->kind.load(std::memory_order_relaxed) != piece_kind::slab)) piece = find(at & ~(page_ - 1));
        const piece_kind kind = piece != nullptr ? piece->kind.load(std::memory_order_relaxed) : piece_kind::unused;
        if (kind == piece_kind::slab) give_small(*piece, block, bytes, alignment, finding);
        else if (kind == piece_kind::own) give_own(*piece, block, bytes, alignment, finding);
        else if (look_for(block, finding)) return;  // the parent's
        if (finding.kind == fault_kind::unknown || finding.kind == fault_kind::overrun || finding.kind == fault_kind::underrun) {
            --usage_.live;
            usage_.live_bytes -= bytes;
        }
    }
    if (finding.kind != fault_kind::unknown) report(finding, bytes, alignment);
}

// The block ends where its pages do, or as near as its alignment lets it; what is behind it is canary, what is before it zero.
void* secret_store::take_own(std::size_t bytes, std::size_t alignment, refusal& why) noexcept {
    const std::size_t   asked = std::max<std::size_t>(bytes, 1), whole = (asked + page_ - 1) & ~(page_ - 1);
    secret_piece*       piece = whole == page_ && alignment <= page_ ? kept() : nullptr;
    if (piece == nullptr) piece = map_or_make_room(whole, alignment, piece_kind::own, why);
    if (piece == nullptr) return nullptr;
    char* const end = piece->begin.load(std::memory_order_relaxed) + whole;
    char* const block = end - ((asked + alignment - 1) & ~(alignment - 1)) < end - whole ? end - whole : end - ((asked + alignment - 1) & ~(alignment - 1));
    fill(block + bytes, end);
    piece->block_bytes.store(bytes, std::memory_order_relaxed);
    piece->block_alignment.store(alignment, std::memory_order_relaxed);
    piece->block.store(block, std::memory_order_relaxed);
    return block;
}

void secret_store::give_own(secret_piece& piece, char* block, std::size_t bytes, std::size_t alignment, secret_finding& finding) noexcept {
    char* const       begin = piece.begin.load(std::memory_order_relaxed);
    const std::size_t whole = piece.bytes.load(std::memory_order_relaxed);
    const std::size_t expected = piece.block_bytes.load(std::memory_order_relaxed), expected_alignment = piece.block_alignment.load(std::memory_order_relaxed);
    char* const       start = piece.block.load(std::memory_order_relaxed);
    const auto found = [&](fault_kind kind, const void* at) { finding = {kind, at, start, expected, expected_alignment, block_state::live}; };
    if (block != start) return found(fault_kind::interior_pointer, block);
    if (bytes != expected) return found(fault_kind::wrong_size, block);
    if (alignment != expected_alignment) return found(fault_kind::wrong_alignment, block);
    piece.readers = 0;
    piece.writers = 1;  // sealed or not, it must be looked at and wiped
    if (set_access(piece)) {
        if (!intact(block + bytes, begin + whole)) found(fault_kind::overrun, block + bytes);
        else if (std::any_of(begin, block, [](char c) { return c != 0; })) found(fault_kind::underrun, block - 1);
        wipe(begin, whole);
        if (finding.kind == fault_kind::unknown) return keep(piece);
    }
    retire(piece);
}

// Slowly, for pointers that are not of a live block: what they are. True where they are a parent's.
bool secret_store::look_for(const char* at, secret_finding& finding) const noexcept {
    finding = {fault_kind::foreign_pointer, at};
    bool parents = false;
    each([&](const secret_piece& one) {
        const char* const begin = one.begin.load(std::memory_order_relaxed);
        if (begin == nullptr || at < begin || at >= begin + one.bytes.load(std::memory_order_relaxed)) return;
        const piece_kind kind = one.kind.load(std::memory_order_relaxed);
        if (kind == piece_kind::lost) parents = true;
        if (kind != piece_kind::own && kind != piece_kind::cached && kind != piece_kind::retired) return;
        const char* const block = one.block.load(std::memory_order_relaxed);
        finding = {kind != piece_kind::own && at == block ? fault_kind::double_free : fault_kind::interior_pointer, at, block,
                   one.block_bytes.load(std::memory_order_relaxed), one.block_alignment.load(std::memory_order_relaxed),
                   kind == piece_kind::own ? block_state::live : block_state::freed};
    });
    return parents;
}

void secret_store::report(const secret_finding& f, std::size_t bytes, std::size_t alignment) const noexcept {
    fault_report out;
    out.kind = f.kind;
    out.access = f.kind == fault_kind::write_after_free ? fault_access::unknown : fault_access::free;
    out.state = f.block != nullptr ? f.state : block_state::unknown;
    out.address = f.address;
    out.resource = name;
    out.subsystem = options_.subsystem;
    out.expected_bytes = f.bytes;
    out.expected_alignment = f.alignment;
    out.given_bytes = bytes;
    out.given_alignment = alignment;
    out.block = f.block;
    if (f.kind == fault_kind::overrun) out.past_end = 1;
    if (f.kind == fault_kind::underrun) out.before_start = 1;
    out.found.thread = os::thread_number();
    report_fault(out, options_.on_fault);
}

void secret_store::in_child() noexcept {
    each([](secret_piece& one) {
        const piece_kind  kind = one.kind.load(std::memory_order_relaxed);
        char* const       begin = one.begin.load(std::memory_order_relaxed);
        const std::size_t bytes = one.bytes.load(std::memory_order_relaxed);
        if (kind != piece_kind::slab && kind != piece_kind::own && kind != piece_kind::cached) return;
        if (has(one.holds, secret_protection::not_forked | secret_protection::hidden_from_kernel)) os::hold_secret_place(begin, bytes);
        else if (!has(one.holds, secret_protection::not_forked) && os::protect_secret_pages(begin, bytes, os::page_access::read_write)) wipe(begin, bytes);
        one.kind.store(piece_kind::lost, std::memory_order_relaxed);
        one.serial = 0;
    });
    for (secret_piece*& first : with_room_) first = nullptr;
    for (secret_piece*& one : cached_) one = nullptr;
    spare_ = nullptr;
    usage_ = {};
}

}  // namespace autopmr
