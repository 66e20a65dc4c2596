#include <autopmr/fault_handler.hpp>

#include "src/formats/fault_file_layout.hpp"
#include "src/platform/os.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace autopmr {
namespace {

using namespace fault_layout;

/// Runs in signal handlers: its memory is this object.
class writer {
public:
    explicit writer(int file) noexcept : file_(file) {}

    void add(const void* data, std::size_t size) noexcept {
        if (error_ == 0 && !os::append_file(file_, data, size)) error_ = errno;
    }
    void add(const os::code_mapping& one) noexcept {
        const std::string_view name = one.file.substr(0, longest_name);
        const mapping_header   header{mapping_mark, static_cast<std::uint32_t>(name.size()), one.begin, one.end, one.offset};
        add(&header, sizeof header);
        add(name.data(), name.size());
    }
    [[nodiscard]] int error() const noexcept { return error_; }

private:
    int file_;
    int error_ = 0;
};

std::uint64_t number(const void* address) noexcept { return reinterpret_cast<std::uintptr_t>(address); }

moment flat(const fault_moment& from) noexcept {
    moment to{from.sequence, from.thread, std::min<std::uint64_t>(from.depth, fault_moment::most_frames), {}};
    for (std::size_t i = 0; i != to.depth; ++i) to.frames[i] = number(from.frames[i]);
    return to;
}

std::string_view name_of(const char* text) noexcept {
    return text == nullptr ? std::string_view() : std::string_view(text).substr(0, longest_name);
}

}  // namespace

bool save_fault(const fault_report& report, const char* path) noexcept {
    const std::string_view resource = name_of(report.resource), subsystem = name_of(report.subsystem);
    file_header            header{};
    std::memcpy(header.mark, file_mark, sizeof file_mark);
    header.version = version;
    header.byte_order = byte_order;
    header.report_version = report.version;
    header.kind = static_cast<std::uint32_t>(report.kind);
    header.access = static_cast<std::uint32_t>(report.access);
    header.state = static_cast<std::uint32_t>(report.state);
    header.resource_bytes = static_cast<std::uint32_t>(resource.size());
    header.subsystem_bytes = static_cast<std::uint32_t>(subsystem.size());
    header.process = os::process_number();
    header.address = number(report.address);
    header.expected_bytes = report.expected_bytes;
    header.expected_alignment = report.expected_alignment;
    header.given_bytes = report.given_bytes;
    header.given_alignment = report.given_alignment;
    header.block = number(report.block);
    header.past_end = report.past_end;
    header.before_start = report.before_start;
    header.frees_ago = report.frees_ago;
    header.found = flat(report.found);
    header.allocated = flat(report.allocated);
    header.deallocated = flat(report.deallocated);

    const int file = os::create_file(path);
    if (file < 0) return false;
    writer out(file);
    out.add(&header, sizeof header);
    out.add(resource.data(), resource.size());
    out.add(subsystem.data(), subsystem.size());
    os::for_each_code_mapping([](void* to, const os::code_mapping& one) noexcept { static_cast<writer*>(to)->add(one); }, &out);
    const mapping_header end{end_mark, 0, 0, 0, 0};
    out.add(&end, sizeof end);
    os::close_file(file);
    errno = out.error();
    return out.error() == 0;
}

}  // namespace autopmr
