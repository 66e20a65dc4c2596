#pragma once
/// \file
/// What the library asks of an operating system: a contract, kept by one file a system that CMake chooses.
///
/// Nothing here allocates from the C++ heap or throws. A service that a system lacks answers as its comment says; callers
/// have a way on for every such answer.

#include <autopmr/fixed_text.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace autopmr {
struct thread_record;
}

namespace autopmr::os {

/// Bytes; a power of two.
std::size_t page_size() noexcept;
/// Whole zeroed pages, read-write; `bytes` is rounded up by the callee. Null when there are none.
void* map_pages(std::size_t bytes) noexcept;
void  unmap_pages(void* pages, std::size_t bytes) noexcept;
/// The memory that this machine's builder set aside for a heap, the same at each call. Null where there is an operating system.
void* heap_region(std::size_t& bytes) noexcept;
/// The same aligned to a power of two; `bytes + alignment` is at most PTRDIFF_MAX. unmap_pages gives them back.
void* map_aligned_pages(std::size_t bytes, std::size_t alignment) noexcept;

/// Address space that nobody may touch, in whole pages and costing no memory, for open_pages. Null when there is none.
/// unmap_pages gives it back.
void* reserve_pages(std::size_t bytes) noexcept;
/// Makes pages of a reservation readable and writable: zeroed ones that were reserved or closed, others as they were. False when
/// the system has no more memory or mappings.
bool open_pages(void* pages, std::size_t bytes) noexcept;
/// Makes pages of a reservation untouchable and gives their memory back. False when the system can't: they are as they were.
bool close_pages(void* pages, std::size_t bytes) noexcept;
/// The same for open pages, by a marker in the page table, which takes no mapping; it also holds across open_pages. False where the
/// kernel has no such markers, or not on these pages (locked ones): to be found out by calling.
bool guard_pages(void* pages, std::size_t bytes) noexcept;
/// Takes the markers away: the pages are open and zeroed.
bool unguard_pages(void* pages, std::size_t bytes) noexcept;
/// Pages of a reservation that are never to become huge ones. Advice.
void keep_pages_small(void* pages, std::size_t bytes) noexcept;
/// How many mappings the system lets a process have; 0 when there is no such limit or it does not say.
std::size_t most_mappings() noexcept;

/// Bytes, a power of two; 0 where the system has no huge pages or does not say.
std::size_t huge_page_size() noexcept;
/// Zeroed pages of that size, and of no other, which can't fail later; `bytes` is a multiple of it. Null and an immortal reason
/// when there are none. unmap_pages gives them back.
void* map_huge_pages(std::size_t bytes, const char*& why_not) noexcept;
/// Asks for huge pages in place of mapped ones. False and an immortal reason when the system won't even try.
bool advise_huge_pages(void* pages, std::size_t bytes, const char*& why_not) noexcept;

/// How far pages are protected that hold secrets: for each protection 0 where it holds, else the errno that says why not.
struct secret_outcome {
    int locked = 0;      ///< never written to swap
    int not_dumped = 0;  ///< not in a core file
    int not_forked = 0;  ///< a forked child finds zeros there, or where they are hidden too nothing at all
    int hidden = 0;      ///< not even in the kernel's own map of memory; no other process can read them
};
/// Zeroed pages, read-write, aligned to a power of two, between two that nobody may touch; `bytes` is a multiple of the page and
/// fits the address space twice. Hidden ones are tried only where `hidden` says so (ECANCELED else). Null when there are none;
/// else each protection was tried, and `outcome` says what came of it.
void* map_secret_pages(std::size_t bytes, std::size_t alignment, bool hidden, secret_outcome& outcome) noexcept;
/// With the two pages around them.
void unmap_secret_pages(void* pages, std::size_t bytes) noexcept;
/// The memory goes back and the addresses stay taken: who touches them faults. False when that failed.
bool retire_secret_pages(void* pages, std::size_t bytes) noexcept;
/// In a forked child, of pages that were hidden: nothing else comes to lie at their addresses, where that still can be.
void hold_secret_place(void* pages, std::size_t bytes) noexcept;
enum class page_access : unsigned char { none, read, read_write };
/// For all threads. False when the system refuses.
bool protect_secret_pages(void* pages, std::size_t bytes, page_access access) noexcept;
/// Bytes that this process may lock; SIZE_MAX without a limit, 0 where it may not or the system does not say.
std::size_t lockable_memory() noexcept;

/// A variable of the environment, or null: unset, or this is a set-uid program, whose environment is not ours to trust.
const char* environment(const char* name) noexcept;

/// Whose function a shared library calls by a name that both it and the process have: what the process put in front, or its own.
enum class names_of : unsigned char { process, module };
/// Opens a shared library for good (it is never unloaded), its names private. Null and a reason when that fails.
void* open_module(const char* name, fixed_text<192>& why_not, names_of first = names_of::process) noexcept;
/// A function or object of a module, null when it has none of that name.
void* symbol(void* module, const char* name) noexcept;
/// Keeps the object file that holds `address` from ever being unloaded. True when that is so.
bool pin_module_of(const void* address) noexcept;

/// Calls `hook(value)` when this thread ends, after most of its thread_locals are gone. One hook for the whole library;
/// a null value cancels. False when the system has no such thing: the value then outlives the thread.
bool at_thread_exit(void (*hook)(void*), void* value) noexcept;
/// What this_thread_record() (thread_record.hpp) answers on this thread from now on.
void keep_thread_record(thread_record* record) noexcept;
/// Handlers around fork, run in this order. Systems without fork say true and never call them.
bool at_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) noexcept;
/// Counts up, the same for all threads where the processor has such a clock: a few nanoseconds a unit, which one is to be measured.
/// The cheapest clock there is.
unsigned long long clock_ticks() noexcept;
/// The number of this process.
unsigned long process_number() noexcept;
/// A number for this thread, unlike that of any other that lives.
unsigned long thread_number() noexcept;
/// A number that nobody can guess, another at each call; 0 where the system has none to give, or not yet. Never waits.
std::uint64_t random_key() noexcept;
/// Returns after every running thread of this process has passed a full memory barrier. False when the system can't.
bool fence_all_threads() noexcept;

/// Up to `size` bytes of a file; the number read, or -1 with errno set: ESPIPE for a pipe. No locks, no allocation.
long read_file(const char* path, char* out, std::size_t size) noexcept;
/// The same in pieces, for files of any length: a handle or -1 with errno set; bytes read, 0 at the end, -1 with errno set.
int  open_file(const char* path) noexcept;
long read_some(int file, char* out, std::size_t size) noexcept;
void close_file(int file) noexcept;
/// Makes an empty file that its owner alone may read, or empties it, for adding at its end: a handle or -1 with errno set.
int create_file(const char* path) noexcept;
/// Adds all of it; false with errno set where the disk is full, a size limit is reached, or nobody reads the pipe: part of it
/// may have been added. Raises no signal.
bool append_file(int file, const void* data, std::size_t size) noexcept;

/// CPUs the scheduler may use for this process; 0 when the system does not say.
unsigned affinity_cpus() noexcept;
/// Bytes of memory in the machine; 0 when the system does not say.
std::size_t physical_memory() noexcept;
/// Whether this process opted out of transparent huge pages: 1, 0, or -1 when the system has no such switch.
int huge_pages_refused() noexcept;

/// The object file that holds a function.
struct code_place {
    fixed_text<192> file;                 ///< empty when unknown
    bool            in_program = false;   ///< the executable itself, not a library
    bool            of_c_library = false; ///< known to be the C library's own (a program may contain that)
};
/// Of the `malloc` that the program as a whole uses.
code_place place_of_malloc() noexcept;

/// The C library's version, empty when it does not say.
std::string_view c_library_version() noexcept;
/// What the C library's own malloc has handed out and holds, in bytes. False when it does not say.
bool c_heap_usage(std::size_t& in_use, std::size_t& committed) noexcept;
/// Gives free memory of the C library's malloc back, where it can.
void trim_c_heap() noexcept;

/// A name that only one allocator has, and that allocator.
struct allocator_marker {
    std::string_view symbol, allocator;
};
/// What marks an allocator that is part of the process from its start; empty when there is no such mark.
allocator_marker allocator_in_program() noexcept;
/// "address", "thread", "memory", "leak", "hardware_address", or "none".
std::string_view sanitizer_runtime() noexcept;
bool             running_on_valgrind() noexcept;
bool             running_on_wine() noexcept;

/// What heaptrack is told of a block that its malloc does not see. Null where it is not there from the program's start.
struct heaptrack_calls {
    void (*given)(void* block, std::size_t bytes) = nullptr;
    void (*taken)(void* block) = nullptr;
    void (*modules_changed)() = nullptr;
};
heaptrack_calls heaptrack() noexcept;

/// Where this thread is: return addresses, innermost first, from the frame that returns to `from` on (all of them where no
/// frame does). The number written; 0 when the system can't tell. Allocates nothing and takes no lock of ours.
std::size_t call_stack(const void* from, const void** out, std::size_t most) noexcept;

/// What stands at an address of code; empty where unknown. For reports: may use `malloc`.
struct code_name {
    fixed_text<256> function;
    fixed_text<192> file;
    std::size_t     offset = 0;  ///< from the function where that is known, else from the file's beginning
};
code_name name_of_code(const void* address) noexcept;
/// A symbol as its source spells it, where the compiler mangled it. For reports: may use `malloc`.
fixed_text<256> readable(const char* symbol) noexcept;

/// A touch of memory that the processor refused.
struct access_fault {
    enum class way { unknown, read, write };
    const void* address = nullptr;
    const void* instruction = nullptr;  ///< that touched it; null where not known
    way         how = way::unknown;
};
/// Asked at each, on the thread that made it, in a signal handler: true where the program may go on at that instruction.
using access_fault_judge = bool (*)(const access_fault&) noexcept;
/// From now on the judge is asked; what it does not take goes to whoever was asked before. False when the system can't do that.
/// Taking a judge away is false where others took the place since: they still come through here, and nobody is asked.
bool catch_access_faults(access_fault_judge judge) noexcept;
bool release_access_faults() noexcept;
/// A stack on which this thread handles faults, so that it can do so where its own has overflowed. Null where it has one
/// already or none can be had. Dropped on the thread that made it, and before that ends.
void* make_fault_stack() noexcept;
void  drop_fault_stack(void* stack) noexcept;

/// Where code of this process comes from, as the system tells it now. For signal handlers: no lock, no allocation.
struct code_mapping {
    std::uintptr_t   begin = 0, end = 0;
    std::uint64_t    offset = 0;  ///< of `begin` in the file
    std::string_view file;        ///< valid during the call; empty where it is no file
};
/// Calls each(context, mapping) for all of them, none where the system does not tell.
void for_each_code_mapping(void (*each)(void*, const code_mapping&) noexcept, void* context) noexcept;

/// Standard error, at once and unbuffered.
void write_error(const char* text, std::size_t size) noexcept;

}  // namespace autopmr::os
