#include "src/host_files.hpp"

#include "src/platform/os.hpp"
#include "src/host_numbers.hpp"

#include <cerrno>
#include <cstring>

namespace autopmr {
namespace {

void explain_errno(int error, fixed_text<64>& why, bool& missing) noexcept {
    missing = error == ENOENT || error == ENOTDIR;
    if (missing) why = "missing";
    else if (error == EACCES || error == EPERM) why = "not readable by this user";
    else if (error == EISDIR) why = "a folder, not a file";
    else why = fixed_text<64>("unreadable, errno ").append(static_cast<unsigned long long>(error));
}

}  // namespace

host_files::host_files(std::string_view root) noexcept : root_(root) {
    while (!root_.empty() && root_.back() == '/') root_.remove_suffix(1);
}

int host_files::open(std::string_view path, fixed_text<64>& why, bool& missing) const noexcept {
    fixed_text<4096> whole(root_);
    whole.append(path).append(std::string_view("\0", 1));
    if (whole.cut()) {
        why = "unreadable, the path is too long";
        return -1;
    }
    const int file = os::open_file(whole.view().data());
    if (file < 0) explain_errno(errno, why, missing);
    return file;
}

file_text host_files::read(std::string_view path) const noexcept {
    file_text result;
    const int file = open(path, result.why_, result.missing_);
    if (file < 0) return result;
    const long n = os::read_some(file, result.bytes_, sizeof result.bytes_);  // the kernel gives such files whole
    if (n < 0) explain_errno(errno, result.why_, result.missing_);
    const std::size_t got = n < 0 ? 0 : static_cast<std::size_t>(n);
    os::close_file(file);
    // Whatever fills the whole buffer is no file of the kernel's: a number cut short would be a wrong number.
    if (got == sizeof result.bytes_) result.why_ = "far longer than such a file is";
    const auto text = trimmed({result.bytes_, got});
    if (!text.empty()) std::memmove(result.bytes_, text.data(), text.size());  // an empty one may point nowhere
    result.size_ = text.size();
    return result;
}

bool host_files::exists(std::string_view path) const noexcept {
    fixed_text<64> why;
    bool           missing = false;
    const int      file = open(path, why, missing);
    if (file >= 0) os::close_file(file);
    return file >= 0 || !missing;
}

fixed_text<64> host_files::environment(std::string_view name) const noexcept {
    if (this_machine()) {
        const fixed_text<64> terminated = fixed_text<64>(name).append(std::string_view("\0", 1));
        const char*          value = os::environment(terminated.view().data());
        return value != nullptr ? fixed_text<64>(value) : fixed_text<64>();
    }
    line_reader lines(*this, "/autopmr/environment");
    for (std::string_view line; lines.next(line);)
        if (take_until(line, '=') == name) return line;
    return {};
}

line_reader::line_reader(const host_files& files, std::string_view path) noexcept
    : file_(files.open(path, why_, missing_)) {}

line_reader::~line_reader() {
    if (file_ >= 0) os::close_file(file_);
}

bool line_reader::fill() noexcept {
    if (file_ < 0 || budget_ == 0) return false;
    std::memmove(buffer_, buffer_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    const std::size_t room = sizeof buffer_ - end_;
    const long        n = os::read_some(file_, buffer_ + end_, room < budget_ ? room : budget_);
    if (n < 0) explain_errno(errno, why_, missing_);
    if (n <= 0) {
        budget_ = 0;
        return false;
    }
    end_ += static_cast<std::size_t>(n);
    budget_ -= static_cast<std::size_t>(n);
    return true;
}

bool line_reader::next(std::string_view& line) noexcept {
    for (std::size_t searched = 0;;) {
        const std::string_view held(buffer_ + begin_, end_ - begin_);
        const auto             end = held.find('\n', searched);
        if (end != std::string_view::npos) {
            begin_ += end + 1;
            searched = 0;
            if (!skipping_) {
                line = held.substr(0, end);
                return true;
            }
            skipping_ = false;
        } else if (held.size() == sizeof buffer_) {
            begin_ = end_ = 0;
            searched = 0;
            if (!skipping_) {
                skipping_ = true;
                line = held;
                return true;
            }
        } else {
            searched = held.size();
            if (fill()) continue;
            line = {buffer_ + begin_, end_ - begin_};  // not `held`: fill may have moved it
            begin_ = end_ = 0;
            return !skipping_ && !line.empty();
        }
    }
}

fixed_text<192> origin_text(std::string_view path, std::string_view note) noexcept {
    constexpr std::size_t room = 192, head = 48;
    const std::size_t     said = note.empty() ? 0 : note.size() + 2;
    fixed_text<192>       text;
    if (path.size() + said <= room || said + head + 3 >= room) text.append(path);
    else text.append(path.substr(0, head)).append("...").append(path.substr(path.size() - (room - said - head - 3)));
    if (!note.empty()) text.append(": ").append(note);
    return text;
}

fixed_text<192> origin_quoting(std::string_view path, std::string_view note, std::string_view content) noexcept {
    fixed_text<96> whole(note);
    whole.append(" \"");
    constexpr std::size_t shown = 24;
    for (char c : content.substr(0, shown)) whole.append(std::string_view(c >= ' ' && c < 127 ? &c : "?", 1));
    whole.append(content.size() > shown ? "...\"" : "\"");
    return origin_text(path, whole);
}

}  // namespace autopmr
