#include "src/support/call_stack.hpp"

#include "src/platform/os.hpp"
#include "src/support/module.hpp"
#include "src/support/per_thread.hpp"
#include "src/support/report_text.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <string_view>

namespace autopmr {
namespace {

using each_name = void (*)(void* context, const char* function, const char* file, int line);

// The function of libautopmr-backtrace.so.
constinit imported<int(std::uintptr_t, each_name, void*)> module_names;

// One thread at a time: libbacktrace's own care for threads is not seen by ThreadSanitizer. Held across fork.
constinit std::mutex        one_at_a_time;
constinit per_thread::guest fork_guest{[](thread_record&) noexcept {}, []() noexcept { one_at_a_time.lock(); },
    []() noexcept { one_at_a_time.unlock(); }, []() noexcept { one_at_a_time.unlock(); }};

constinit text_once reason_without_lines{[](reason& why_not) noexcept {
    void* module = open_first_of({"libautopmr-backtrace.so"},
        "link the program with autopmr::backends, which brings it where libbacktrace is", why_not);
    if (module == nullptr || !module_names.require(module, "autopmr_backtrace_names", why_not)) return;
    per_thread::invite(fork_guest);
}};

/// The functions at one address: several where some were inlined; of too many the last is kept, in which all of them are. They
/// are passed on later, so that an exception of who reads them does not go through a C library.
struct names_of_frame {
    static constexpr std::size_t most = 16;
    struct one {
        fixed_text<256> function;
        fixed_text<192> file;
        int             line = 0;
    };
    one         names[most];
    std::size_t count = 0;

    void find(const void* address) noexcept {
        const std::scoped_lock hold(one_at_a_time);
        module_names(
            reinterpret_cast<std::uintptr_t>(address) - 1,  // a return address belongs to the call before it
            [](void* to, const char* function, const char* file, int line) {
                static_cast<names_of_frame*>(to)->add(function, file, line);
            },
            this);
    }

private:
    void add(const char* function, const char* file, int line) noexcept {
        if (count == most) --count;
        one& name = names[count++];
        name = {os::readable(function), {}, line};
        if (file == nullptr) return;
        std::string_view path = file;  // of a path too long the end says more
        if (path.size() > 180) {
            path.remove_prefix(path.size() - 180);
            name.file.append("...");
        }
        name.file.append(path);
    }
};

/// What stands between the program and a resource, whether that is std's or ours.
bool passes_on(std::string_view function) noexcept {
    constexpr std::string_view begins[] = {"std::pmr::memory_resource::allocate(", "std::pmr::polymorphic_allocator<",
        "autopmr::observed<", "autopmr::resource_ptr::allocate("};
    return function.find("::do_allocate(") != function.npos ||
           std::any_of(
               std::begin(begins), std::end(begins), [&](std::string_view begin) { return function.starts_with(begin); });
}

class namer {
public:
    namer(frame_line line, void* context) noexcept : line_(line), context_(context) {}
    [[nodiscard]] bool wrote() const noexcept { return wrote_; }

    /// A frame that passes on is left out where `may_leave_out` and nothing was written before.
    void name(const void* address, bool may_leave_out) {
        names_of_frame all;
        if (why_no_lines().empty()) all.find(address);
        const os::code_name known = os::name_of_code(address);
        if (all.count == 0) return exported(known, address, may_leave_out);
        for (std::size_t i = 0; i != all.count; ++i) {
            const auto& one = all.names[i];
            report_text text;
            text.text(one.function.view()).text(" (").text(one.file.empty() ? known.file.view() : one.file.view());
            if (one.line != 0) text.text(":").number(static_cast<unsigned long long>(one.line));
            text.text(")");
            write(one.function, text, may_leave_out);
        }
    }

private:
    void exported(const os::code_name& known, const void* address, bool may_leave_out) {
        report_text text;
        if (!known.function.empty()) text.text(known.function.view()).text(" + ");
        text.address(known.file.empty() ? address : reinterpret_cast<const void*>(known.offset));
        if (!known.file.empty()) text.text(" (").text(known.file.view()).text(")");
        write(known.function, text, may_leave_out);
    }
    void write(std::string_view function, const report_text& text, bool may_leave_out) {
        if (may_leave_out && !wrote_ && passes_on(function)) return;
        wrote_ = true;
        line_(context_, text.view());
    }

    frame_line line_;
    void*      context_;
    bool       wrote_ = false;
};

}  // namespace

std::string_view why_no_lines() noexcept { return reason_without_lines.view(); }

void note_on_names(frame_line line, void* context) {
    report_text note;
    if (!why_no_lines().empty())
        line(context, note.text("  names are those of exported functions only: ").text(why_no_lines()).view());
}

void name_frames(const void* const* frames, std::size_t depth, frame_line line, void* context) {
    for (const bool leave_out : {true, false}) {
        namer each(line, context);
        for (std::size_t i = 0; i != depth; ++i) each.name(frames[i], leave_out);
        if (each.wrote()) return;  // else all of them only pass on: then they are what there is to tell
    }
}

}  // namespace autopmr
