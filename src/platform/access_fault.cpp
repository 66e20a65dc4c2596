// Faults of access: SIGSEGV and SIGBUS, where they came from, and on to whoever was there before.
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1  // the names of registers
#endif
#include "os.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace autopmr::os {
namespace {

constexpr int signals[] = {SIGSEGV, SIGBUS};

// Written before ours are in place, so that handlers read them freely; after that only where one was to be reset at its first use.
struct sigaction                        before[2];
constinit std::atomic<access_fault_judge> current{nullptr};
constinit std::atomic<bool>             in_place{false};

#if defined(__linux__) && defined(__aarch64__)
/// Bit 6 of the syndrome of a data abort, which stands among the records after the registers.
access_fault::way way_in(const ucontext_t& context) noexcept {
    struct record {
        std::uint32_t magic, size;
        std::uint64_t syndrome;
    };
    const auto* const first = reinterpret_cast<const unsigned char*>(context.uc_mcontext.__reserved);
    for (std::size_t at = 0; at + sizeof(record) <= sizeof context.uc_mcontext.__reserved;) {
        const auto& one = *reinterpret_cast<const record*>(first + at);
        if (one.magic == 0 || one.size < 8) break;
        if (one.magic == 0x45535201) {
            const auto kind = one.syndrome >> 26 & 0x3f;
            if (kind != 0x24 && kind != 0x25) break;
            return (one.syndrome >> 6 & 1) != 0 ? access_fault::way::write : access_fault::way::read;
        }
        at += one.size;
    }
    return access_fault::way::unknown;
}
#endif

void read_context(const ucontext_t& context, access_fault& out) noexcept {
#if defined(__linux__) && defined(__x86_64__)
    const auto& registers = context.uc_mcontext.gregs;
    out.instruction = reinterpret_cast<const void*>(registers[REG_RIP]);
    // The processor's error code of a page fault: bit 1 a write, bit 4 the fetching of an instruction.
    if (registers[REG_TRAPNO] == 14 && (registers[REG_ERR] & 16) == 0)
        out.how = (registers[REG_ERR] & 2) != 0 ? access_fault::way::write : access_fault::way::read;
#elif defined(__linux__) && defined(__aarch64__)
    out.instruction = reinterpret_cast<const void*>(context.uc_mcontext.pc);
    out.how = way_in(context);
#else
    static_cast<void>(context);
    static_cast<void>(out);
#endif
}

/// Whether a signal is the news of something, and no instruction is tried again after it: sent by a process, or a page of broken
/// memory that nobody has touched yet.
bool is_news(int signal, const siginfo_t& info) noexcept {
#if defined(BUS_MCEERR_AO)
    if (signal == SIGBUS && info.si_code == BUS_MCEERR_AO) return true;
#endif
    static_cast<void>(signal);
    return info.si_code <= 0;
}

/// Whatever its flags say: both kinds of handler are in one place, and these two are no addresses in either.
bool is_function(const struct sigaction& what) noexcept { return what.sa_handler != SIG_DFL && what.sa_handler != SIG_IGN; }

/// What would have happened without us, as nearly as can be: only that a handler may find itself on the alternate stack.
void pass_on(int signal, siginfo_t* info, void* context, struct sigaction& old) noexcept {
    struct sigaction whose = old;
    if (!is_function(old)) {
        if (is_news(signal, *info) && old.sa_handler == SIG_IGN) return;
        // The instruction is tried again and now ends the program, as a fault that nobody handles; what was sent is sent again.
        ::sigaction(signal, &whose, nullptr);
        if (is_news(signal, *info)) ::raise(signal);
        return;
    }
    if ((whose.sa_flags & SA_RESETHAND) != 0) {
        old.sa_flags = 0;
        old.sa_handler = SIG_DFL;
    }
    sigset_t mask = whose.sa_mask, held;
    if ((whose.sa_flags & SA_NODEFER) == 0) ::sigaddset(&mask, signal);
    ::pthread_sigmask(SIG_BLOCK, &mask, &held);
    if ((whose.sa_flags & SA_SIGINFO) != 0) whose.sa_sigaction(signal, info, context);
    else whose.sa_handler(signal);
    ::pthread_sigmask(SIG_SETMASK, &held, nullptr);
}

void on_signal(int signal, siginfo_t* info, void* context) {
    const int                reason = errno;
    const access_fault_judge judge = current.load(std::memory_order_acquire);
    bool                     taken = false;
    // Not told apart by si_code, which guard markers and mprotect set differently; but what a process sent has no address.
    if (judge != nullptr && !is_news(signal, *info)) {
        access_fault fault;
        fault.address = info->si_addr;
        read_context(*static_cast<const ucontext_t*>(context), fault);
        taken = judge(fault);
    }
    if (!taken) pass_on(signal, info, context, before[signal == signals[0] ? 0 : 1]);
    errno = reason;
}

bool is_ours(int signal) noexcept {
    struct sigaction now {};
    return ::sigaction(signal, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_signal;
}

constexpr std::size_t stack_bytes = std::size_t{64} << 10;

}  // namespace

bool catch_access_faults(access_fault_judge judge) noexcept {
    struct sigaction ours {}, now[2] {};
    ours.sa_sigaction = on_signal;
    // A fault in the handler comes to the handler, and is passed on: better than an end without a word.
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    ::sigemptyset(&ours.sa_mask);
    for (int i = 0; i != 2; ++i)
        if (::sigaction(signals[i], nullptr, &now[i]) != 0) return false;
    current.store(judge, std::memory_order_release);
    const bool again = in_place.exchange(true);
    for (int i = 0; i != 2; ++i) {
        // On top of a function that came after us it would lead to us and we to it. No function leads to us: we were taken away.
        if (again && is_function(now[i])) continue;
        before[i] = now[i];
        if (::sigaction(signals[i], &ours, nullptr) != 0) return false;
    }
    return true;
}

bool release_access_faults() noexcept {
    const bool was = current.exchange(nullptr) != nullptr;
    if (!was || !is_ours(signals[0]) || !is_ours(signals[1])) return false;
    for (int i = 0; i != 2; ++i) ::sigaction(signals[i], &before[i], nullptr);
    in_place = false;
    return true;
}

void* make_fault_stack() noexcept {
    stack_t now{};
    if (::sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return nullptr;
    // Below it a page that may not be touched, or a handler that needs more would write into its neighbours.
    const std::size_t page = page_size();
    auto* const       all = static_cast<char*>(map_pages(stack_bytes + page));
    if (all == nullptr) return nullptr;
    ::mprotect(all, page, PROT_NONE);
    stack_t own{};
    own.ss_sp = all + page;
    own.ss_size = stack_bytes;
    if (::sigaltstack(&own, nullptr) == 0) return all;
    unmap_pages(all, stack_bytes + page);
    return nullptr;
}

void drop_fault_stack(void* stack) noexcept {
    if (stack == nullptr) return;
    stack_t now{}, none{};
    none.ss_flags = SS_DISABLE;
    // Somebody may have put another in its place.
    if (::sigaltstack(nullptr, &now) == 0 && now.ss_sp == static_cast<char*>(stack) + page_size() && ::sigaltstack(&none, nullptr) != 0) return;
    unmap_pages(stack, stack_bytes + page_size());
}

}  // namespace autopmr::os
