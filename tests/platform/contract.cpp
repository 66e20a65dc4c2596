// What src/platform/os.hpp promises, checked on the file of one operating system that is linked here. Every function is
// called, so that a file which lacks one does not link. `none` as an argument: the file for no operating system.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <chrono>
#include <string>
#include <thread>

#include <autopmr/thread_record.hpp>

#include "src/platform/os.hpp"

namespace os = autopmr::os;

namespace {

int failures = 0;
void check(bool good, const char* promise) {
    if (good) return;
    ++failures;
    std::printf("broken: %s\n", promise);
}

int hooked = 0;

os::access_fault seen;
const char*      unmapped = nullptr;

// Goes on with other memory under the same address: reading there is the second thing the program does.
bool judge(const os::access_fault& fault) noexcept {
    seen = fault;
    if (fault.address != unmapped) return false;
    for (int tries = 0; tries != 64; ++tries)
        if (os::map_pages(os::page_size()) == unmapped) return true;
    return false;
}

void check_access_faults(bool none) {
    check(os::catch_access_faults(judge) == !none, "access faults are caught, or that is said");
    void* const stack = os::make_fault_stack();
    check(!none || stack == nullptr, "without an operating system there is no fault stack");
    os::drop_fault_stack(stack);
    if (!none) {
        // The last pages given are the first to be given again.
        unmapped = static_cast<const char*>(os::map_pages(os::page_size()));
        os::unmap_pages(const_cast<char*>(unmapped), os::page_size());
        check(*static_cast<const volatile char*>(unmapped) == 0, "the program goes on");
        check(seen.address == unmapped, "with the address");
        check(seen.how != os::access_fault::way::write, "a read is no write");
        check(os::release_access_faults(), "the judge goes");
    }
    check(!os::release_access_faults(), "it can't go twice");
    struct found {
        std::uintptr_t code;
        bool           here = false;
    } at{reinterpret_cast<std::uintptr_t>(&check_access_faults)};
    os::for_each_code_mapping(
        [](void* to, const os::code_mapping& one) noexcept {
            auto& f = *static_cast<found*>(to);
            if (one.begin <= f.code && f.code < one.end && !one.file.empty()) f.here = true;
        },
        &at);
    check(at.here == !none, "this code is in a mapping");
}

}  // namespace

int main(int count, char** arguments) {
    const bool none = count > 1 && std::strcmp(arguments[1], "none") == 0;

    const std::size_t page = os::page_size();
    check(page >= 512 && (page & (page - 1)) == 0, "page_size is a power of two");
    auto* pages = static_cast<unsigned char*>(os::map_pages(3 * page));
    check((pages == nullptr) == none, "map_pages gives pages, or null without an operating system");
    if (pages != nullptr) {
        check(pages[0] == 0 && pages[3 * page - 1] == 0, "mapped pages are zero");
        std::memset(pages, 7, 3 * page);
    }
    os::unmap_pages(pages, 3 * page);
    std::size_t set_aside = 0;
    check(os::heap_region(set_aside) == nullptr && set_aside == 0, "no memory was set aside for a heap");
    for (std::size_t alignment : {std::size_t{1}, page, 2 * page, 64 * page, std::size_t{1} << 25}) {
        auto* aligned = static_cast<unsigned char*>(os::map_aligned_pages(2 * page - 1, alignment));
        check((aligned == nullptr) == none, "map_aligned_pages gives pages, or null without an operating system");
        if (aligned == nullptr) continue;
        check(reinterpret_cast<std::uintptr_t>(aligned) % alignment == 0, "aligned pages are aligned");
        check(aligned[0] == 0 && aligned[2 * page - 1] == 0, "aligned pages are zero");
        std::memset(aligned, 7, 2 * page);
        os::unmap_pages(aligned, 2 * page - 1);
    }
    auto* const space = static_cast<unsigned char*>(os::reserve_pages(8 * page));
    check((space == nullptr) == none, "reserve_pages gives address space, or null without an operating system");
    if (space != nullptr) {
        os::keep_pages_small(space, 8 * page);
        check(os::open_pages(space + page, 4 * page), "reserved pages can be opened");
        check(space[page] == 0 && space[5 * page - 1] == 0, "opened pages are zero");
        std::memset(space + page, 7, 4 * page);
        check(os::close_pages(space + page, page) && os::open_pages(space + page, page) && space[page] == 0, "closed pages are zero when they open again");
        check(os::open_pages(space + 2 * page, page) && space[2 * page] == 7, "open pages stay as they are");
        if (os::guard_pages(space + 2 * page, page)) {
            check(os::open_pages(space + page, 4 * page) && os::unguard_pages(space + 2 * page, page) && space[2 * page] == 0,
                  "unguarded pages are zero");
            check(space[3 * page] == 7, "pages beside a marker stay as they are");
        } else check(!os::unguard_pages(space + 2 * page, page), "no markers, none to take away");
        os::unmap_pages(space, 8 * page);
    } else check(!os::open_pages(nullptr, page) && !os::close_pages(nullptr, page) && !os::guard_pages(nullptr, page), "no pages to open");
    check(!none || os::most_mappings() == 0, "no limit of mappings without an operating system");

    const std::size_t huge = os::huge_page_size();
    check((huge & (huge - 1)) == 0 && (huge == 0 || huge > page), "huge_page_size is a power of two, or 0");
    const char* reason = nullptr;
    void* const reserved = os::map_huge_pages(huge != 0 ? huge : page, reason);
    check(reserved != nullptr || (reason != nullptr && *reason != 0), "huge pages or a reason");
    if (reserved != nullptr) std::memset(reserved, 7, huge), os::unmap_pages(reserved, huge);
    if (huge != 0) {
        void* const ordinary = os::map_aligned_pages(huge, huge);
        reason = nullptr;
        check(os::advise_huge_pages(ordinary, huge, reason) || (reason != nullptr && *reason != 0), "advice is taken or a reason given");
        std::memset(ordinary, 7, huge);
        os::unmap_pages(ordinary, huge);
    } else check(!os::advise_huge_pages(nullptr, 0, reason) && *reason != 0, "no huge pages, no advice");

    for (const bool hidden : {true, false}) {
        os::secret_outcome outcome{-1, -1, -1, -1};
        const std::size_t  wide = 16 * page;
        auto* const        secret = static_cast<unsigned char*>(os::map_secret_pages(2 * page, wide, hidden, outcome));
        check((secret == nullptr) == none, "map_secret_pages gives pages, or null without an operating system");
        if (secret == nullptr) continue;
        check(outcome.locked >= 0 && outcome.not_dumped >= 0 && outcome.not_forked >= 0 && outcome.hidden >= 0, "each protection has an outcome");
        check(hidden || outcome.hidden != 0, "nothing is hidden unasked");
        check(reinterpret_cast<std::uintptr_t>(secret) % wide == 0, "secret pages are aligned");
        check(secret[0] == 0 && secret[2 * page - 1] == 0, "secret pages are zero");
        std::memset(secret, 7, 2 * page);
        check(os::protect_secret_pages(secret, 2 * page, os::page_access::none) && os::protect_secret_pages(secret, 2 * page, os::page_access::read) &&
                  secret[page] == 7 && os::protect_secret_pages(secret, 2 * page, os::page_access::read_write), "secret pages close and open, and keep what they hold");
        secret[page] = 8;
        check(os::retire_secret_pages(secret, 2 * page), "secret pages go");
        os::unmap_secret_pages(secret, 2 * page);
        os::hold_secret_place(secret, 2 * page);
    }
    static_cast<void>(os::lockable_memory());
    if (none) {
        os::unmap_secret_pages(nullptr, page);
        os::hold_secret_place(nullptr, page);
        check(!os::retire_secret_pages(nullptr, page) && !os::protect_secret_pages(nullptr, page, os::page_access::none), "no secret pages");
    }

    check(os::environment("AUTOPMR_NO_SUCH_VARIABLE") == nullptr, "an unset variable is null");
    check((os::environment("PATH") == nullptr) == none, "a set one is there");

    autopmr::fixed_text<192> why_not;
    check(os::open_module("libno_such_module.so", why_not) == nullptr && !why_not.empty(), "a missing module has a reason");
    if (!none) {
        void* module = os::open_module("libm.so.6", why_not);
        check(module != nullptr && os::symbol(module, "cos") != nullptr, "a module's symbol is found");
        check(module != nullptr && os::symbol(module, "no_such_symbol") == nullptr, "a missing symbol is null");
    } else check(os::symbol(nullptr, "cos") == nullptr, "no modules, no symbols");
    errno = 7;
    check(os::can_be_read(&why_not) && errno == 7, "memory can be read, and errno is left alone");
    static_cast<void>(os::pin_module_of(reinterpret_cast<const void*>(&std::puts)));

    if (none) check(!os::at_thread_exit([](void*) {}, &failures), "no threads, no thread exit");
    else {
        std::thread([] { check(os::at_thread_exit([](void* value) { ++*static_cast<int*>(value); }, &hooked), "at_thread_exit"); }).join();
        check(hooked == 1, "the hook ran once at the thread's end");
        std::thread([] {
            os::at_thread_exit([](void* value) { ++*static_cast<int*>(value); }, &hooked);
            os::at_thread_exit([](void* value) { ++*static_cast<int*>(value); }, nullptr);
        }).join();
        check(hooked == 1, "a null value cancels the hook");
        const unsigned long mine = os::thread_number();
        unsigned long       other = mine;
        std::thread([&] { other = os::thread_number(); }).join();
        check(mine == os::thread_number() && mine != other, "a thread's number is its own");
    }
    auto* const record = reinterpret_cast<autopmr::thread_record*>(&failures);
    check(autopmr::this_thread_record() == nullptr, "a thread begins without a record");
    os::keep_thread_record(record);
    check(autopmr::this_thread_record() == record, "and keeps the one it is given");
    os::keep_thread_record(nullptr);

    const unsigned long long ticks = os::clock_ticks();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    check(os::clock_ticks() > ticks, "the clock goes on");
    check(os::process_number() != 0, "the process has a number");
    check(os::at_fork([] {}, [] {}, [] {}), "at_fork");
    static_cast<void>(os::fence_all_threads());
    const auto key = os::random_key();
    check(none ? key == 0 : key != 0 && key != os::random_key(), "a key is a new one each time");

    char text[64];
    errno = 0;
    check(os::read_file("/no/such/file", text, sizeof text) == -1 && errno == ENOENT, "a missing file is -1 with errno");
    if (!none) {
        check(os::read_file("/proc/self/status", text, 5) == 5 && std::memcmp(text, "Name:", 5) == 0, "read_file reads");
        const int file = os::open_file("/proc/self/status");
        check(file >= 0 && os::read_some(file, text, 5) == 5, "read_some reads");
        os::close_file(file);
        errno = 0;
        check(os::read_file("/", text, sizeof text) == -1 && errno == EISDIR, "a folder can't be read");
        const std::string path = "platform_contract." + std::to_string(os::process_number());
        const int         made = os::create_file(path.c_str());
        check(made >= 0 && os::append_file(made, "Name", 4) && os::append_file(made, ": x", 3), "append_file adds");
        os::close_file(made);
        check(os::read_file(path.c_str(), text, sizeof text) == 7 && std::memcmp(text, "Name: x", 7) == 0, "and it is there");
        os::close_file(os::create_file(path.c_str()));
        check(os::read_file(path.c_str(), text, sizeof text) == 0, "create_file empties");
        std::remove(path.c_str());
        errno = 0;
        check(os::create_file("/no/such/folder/file") == -1 && errno == ENOENT, "where it can't be made, that is said");
        const int full = os::create_file("/dev/full");
        errno = 0;
        check(full < 0 || (!os::append_file(full, text, 1) && errno == ENOSPC), "a full disk is said");
        if (full >= 0) os::close_file(full);
    } else {
        check(os::create_file("file") == -1 && !os::append_file(-1, text, 1), "no new files");
        check(os::open_file("/") == -1 && os::read_some(-1, text, sizeof text) == -1, "no files");
        os::close_file(-1);
    }

    check(none || os::affinity_cpus() >= 1, "there is a CPU");
    check(none || os::physical_memory() > page, "there is memory");
    check(os::huge_pages_refused() <= 0, "huge pages are not refused");
    check(none || !os::place_of_malloc().file.empty(), "malloc is in a file");
    static_cast<void>(os::allocator_in_program());
    check(!os::sanitizer_runtime().empty(), "a sanitizer or \"none\"");
    check(!os::running_on_valgrind() && !os::running_on_wine(), "neither Valgrind nor Wine");
    const void* frames[8];
    check((os::call_stack(nullptr, frames, 8) == 0) == none, "there is a call stack");
    check(os::name_of_code(reinterpret_cast<const void*>(&std::puts)).file.empty() == none, "code is in a file");
    check_access_faults(none);
    os::write_error("", 0);
    std::puts(failures == 0 ? "every promise is kept" : "see above");
    return failures != 0;
}
