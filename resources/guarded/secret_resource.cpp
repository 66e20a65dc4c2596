#include <autopmr/guarded/secret_resource.hpp>

#include <autopmr/errors.hpp>

#include "secret_resource_store.hpp"
#include "src/platform/os.hpp"
#include "src/support/first_made.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>

namespace autopmr {

secret_resource::secret_resource(const secret_options& options) : store_(secret_store::make(options)) {}
secret_resource::~secret_resource() { secret_store::end(store_); }

void* secret_resource::do_allocate(std::size_t bytes, std::size_t alignment) { return store_->allocate(bytes, alignment); }
void  secret_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) { store_->deallocate(block, bytes, alignment); }
void  secret_resource::trim() noexcept { store_->trim(); }

secret_protection secret_resource::achieved() const noexcept { return store_->achieved(); }
secret_usage      secret_resource::usage() const noexcept { return store_->usage(); }

layer_facts secret_resource::facts() const noexcept {
    const secret_usage      now = usage();
    const secret_protection holds = achieved();
    layer_facts             text;
    text.append(now.live_bytes).append(" bytes live in ").append(now.live).append(" blocks, ").append(now.locked_bytes).append(" locked");
    if (has(holds, secret_protection::hidden_from_kernel)) text.append(", hidden from the kernel");
    if (!has(holds, secret_protection::not_dumped)) text.append(", in core files");
    if (!has(holds, secret_protection::not_forked)) text.append(", in forked children");
    return text;
}

bool secret_resource::protect(const void* block, secret_access access) {
    std::uint64_t serial = 0;
    return store_->open(block, access, false, serial) != nullptr;
}

secret_window secret_resource::open(const void* block, secret_access access) {
    secret_window window;
    window.piece_ = store_->open(block, access, true, window.serial_);
    window.store_ = store_;
    window.access_ = access;
    return window;
}

secret_window::secret_window(secret_window&& other) noexcept
    : store_(other.store_), piece_(std::exchange(other.piece_, nullptr)), serial_(other.serial_), access_(other.access_) {}

secret_window::~secret_window() {
    if (piece_ != nullptr) store_->close(*piece_, serial_, access_);
}

secret_piece* secret_store::open(const void* block, secret_access access, bool window, std::uint64_t& serial) {
    secret_finding finding;
    {
        const std::scoped_lock hold(mutex_);
        secret_piece* const    piece = find(reinterpret_cast<std::uintptr_t>(block) & ~(page_ - 1));
        if (piece != nullptr && piece->kind.load(std::memory_order_relaxed) == piece_kind::own && piece->block.load(std::memory_order_relaxed) == block) {
            const secret_access before = piece->base;
            if (!window) piece->base = access;
            else if (access != secret_access::none) ++(access == secret_access::read ? piece->readers : piece->writers);
            serial = piece->serial;
            if (set_access(*piece)) return piece;
            if (!window) piece->base = before;
            else if (access != secret_access::none) --(access == secret_access::read ? piece->readers : piece->writers);
        } else if (look_for(static_cast<const char*>(block), finding)) finding.kind = fault_kind::no_access;
        else if (finding.kind == fault_kind::double_free) finding.kind = fault_kind::use_after_free;
    }
    if (finding.kind == fault_kind::unknown) throw_out_of_memory(0, 1, name);
    report(finding, 0, 0);
    return nullptr;
}

void secret_store::close(secret_piece& piece, std::uint64_t serial, secret_access access) noexcept {
    secret_finding finding;
    {
        const std::scoped_lock hold(mutex_);
        if (piece.serial != serial || access == secret_access::none) return;  // the secret was freed meanwhile
        --(access == secret_access::read ? piece.readers : piece.writers);
        if (!set_access(piece)) finding = {fault_kind::no_access, piece.block, piece.block, piece.block_bytes, piece.block_alignment, block_state::live};
    }
    if (finding.kind != fault_kind::unknown) report(finding, 0, 0);  // it stays open: the system refused to close it
}

secret_protection secret_store::achieved() const noexcept {
    const std::scoped_lock hold(mutex_);
    secret_protection      all = secret_protection::all;
    bool                   any = false;
    each([&](const secret_piece& one) {
        const piece_kind kind = one.kind.load(std::memory_order_relaxed);
        if (kind != piece_kind::slab && kind != piece_kind::own && kind != piece_kind::cached) return;
        all = all & one.holds;
        any = true;
    });
    return any ? all : held_;  // where there is nothing, what held when it began
}

secret_usage secret_store::usage() const noexcept {
    const std::scoped_lock hold(mutex_);
    return usage_;
}

void secret_store::trim() noexcept {
    const std::scoped_lock hold(mutex_);
    give_back_unused();
}

secret_resource& process_secrets() {
    static constinit std::atomic<secret_resource*> made{nullptr};
    secret_resource* const                         one = first_in_pages(made);
    if (one == nullptr) throw_out_of_memory(sizeof(secret_resource), alignof(secret_resource), "secret");
    return *one;
}

}  // namespace autopmr
