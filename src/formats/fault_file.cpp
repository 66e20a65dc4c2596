#include "src/formats/fault_file.hpp"

#include "src/formats/fault_file_layout.hpp"
#include "src/platform/os.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace autopmr {
namespace {

using namespace fault_layout;

constexpr std::size_t longest_file = std::size_t{256} << 20;

class reader {
public:
    explicit reader(std::string_view file) : file_(file) {}

    saved_fault read() {
        if (read_report()) read_mappings();
        return std::move(out_);
    }

private:
    [[nodiscard]] std::uint64_t number(std::size_t at, std::size_t size) const noexcept {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i != size; ++i)
            value = value << 8 | static_cast<unsigned char>(file_[at + (big_endian_ ? i : size - 1 - i)]);
        return value;
    }
    [[nodiscard]] std::uint32_t narrow(std::size_t at) const noexcept { return static_cast<std::uint32_t>(number(at, 4)); }
    [[nodiscard]] std::uint64_t wide(std::size_t at) const noexcept { return number(at, 8); }
    [[nodiscard]] std::size_t   rest() const noexcept { return file_.size() - at_; }

    void damaged(std::size_t at, const std::string& what) {
        if (out_.damage.empty()) out_.damage = what + " at offset " + std::to_string(at);
    }
    bool refused(std::size_t at, const std::string& what) {
        out_.error = what + " at offset " + std::to_string(at);
        return false;
    }

    bool read_report() {
        if (file_.size() < sizeof file_mark || std::memcmp(file_.data(), file_mark, sizeof file_mark) != 0)
            return refused(0, "no saved fault report: its mark is missing");
        if (file_.size() < sizeof(file_header)) return refused(file_.size(), "the file ends in its header");
        constexpr std::size_t order_at = offsetof(file_header, byte_order);
        if (narrow(order_at) != byte_order) {
            big_endian_ = true;
            if (narrow(order_at) != byte_order) return refused(order_at, "unknown byte order");
        }
        out_.version = narrow(offsetof(file_header, version));
        if (out_.version != version)
            return refused(offsetof(file_header, version),
                "version " + std::to_string(out_.version) + ", where " + std::to_string(version) + " can be read,");
        out_.report_version = narrow(offsetof(file_header, report_version));
        out_.kind = static_cast<fault_kind>(narrow(offsetof(file_header, kind)));
        out_.access = static_cast<fault_access>(narrow(offsetof(file_header, access)));
        out_.state = static_cast<block_state>(narrow(offsetof(file_header, state)));
        out_.process = wide(offsetof(file_header, process));
        out_.address = wide(offsetof(file_header, address));
        out_.expected_bytes = wide(offsetof(file_header, expected_bytes));
        out_.expected_alignment = wide(offsetof(file_header, expected_alignment));
        out_.given_bytes = wide(offsetof(file_header, given_bytes));
        out_.given_alignment = wide(offsetof(file_header, given_alignment));
        out_.block = wide(offsetof(file_header, block));
        out_.past_end = wide(offsetof(file_header, past_end));
        out_.before_start = wide(offsetof(file_header, before_start));
        out_.frees_ago = wide(offsetof(file_header, frees_ago));
        read_moment(offsetof(file_header, found), out_.found);
        read_moment(offsetof(file_header, allocated), out_.allocated);
        read_moment(offsetof(file_header, deallocated), out_.deallocated);
        at_ = sizeof(file_header);
        return read_name(narrow(offsetof(file_header, resource_bytes)), out_.resource) &&
               read_name(narrow(offsetof(file_header, subsystem_bytes)), out_.subsystem);
    }

    void read_moment(std::size_t at, saved_moment& out) {
        out.sequence = wide(at + offsetof(moment, sequence));
        out.thread = wide(at + offsetof(moment, thread));
        std::uint64_t depth = wide(at + offsetof(moment, depth));
        if (depth > fault_moment::most_frames) {
            damaged(at + offsetof(moment, depth), "a stack of " + std::to_string(depth) + " frames");
            depth = fault_moment::most_frames;
        }
        for (std::size_t i = 0; i != depth; ++i) out.frames.push_back(wide(at + offsetof(moment, frames) + i * 8));
    }

    /// False where no more can be read.
    bool read_name(std::uint32_t bytes, std::string& out) {
        if (bytes > longest_name || bytes > rest()) {
            damaged(at_, bytes > longest_name ? "a name of " + std::to_string(bytes) + " bytes" : "the file ends in a name");
            return false;
        }
        out = file_.substr(at_, bytes);
        at_ += bytes;
        return true;
    }

    void read_mappings() {
        while (rest() >= sizeof(mapping_header)) {
            const std::size_t   begin = at_;
            const std::uint32_t mark = narrow(begin);
            if (mark == end_mark) return;
            if (mark != mapping_mark) return damaged(begin, "no mapping begins, where one should,");
            saved_mapping one;
            one.begin = wide(begin + offsetof(mapping_header, begin));
            one.end = wide(begin + offsetof(mapping_header, end));
            one.offset = wide(begin + offsetof(mapping_header, offset));
            at_ += sizeof(mapping_header);
            if (!read_name(narrow(begin + offsetof(mapping_header, name_bytes)), one.file)) return;
            if (one.begin >= one.end) return damaged(begin, "a mapping that ends before it begins");
            out_.mappings.push_back(std::move(one));
        }
        damaged(at_, "the file ends before its end is marked");
    }

    std::string_view file_;
    std::size_t      at_ = 0;
    bool             big_endian_ = false;
    saved_fault      out_;
};

}  // namespace

const saved_mapping* saved_fault::mapping_of(std::uint64_t of) const noexcept {
    // The call before a return address may be the last of its mapping.
    for (const saved_mapping& one : mappings)
        if (one.begin < of && of <= one.end) return &one;
    return nullptr;
}

saved_fault read_fault(std::string_view file) { return reader(file).read(); }

saved_fault read_fault_file(const char* path) {
    const auto unreadable = [path](const char* reason) {
        saved_fault nothing;
        nothing.error = std::string(path) + ": can't be read: " + reason;
        return nothing;
    };
    const int file = os::open_file(path);
    if (file < 0) return unreadable(std::strerror(errno));
    std::string bytes;
    char        piece[1 << 14];
    long        got = 0;
    while ((got = os::read_some(file, piece, sizeof piece)) > 0 && bytes.size() <= longest_file)
        bytes.append(piece, static_cast<std::size_t>(got));
    const int reason = errno;
    os::close_file(file);
    if (got < 0) return unreadable(std::strerror(reason));
    if (bytes.size() > longest_file) return unreadable("it is too large for a saved fault report");
    saved_fault contents = read_fault(bytes);
    if (!contents.ok()) contents.error.insert(0, std::string(path) + ": ");
    return contents;
}

}  // namespace autopmr
