#include "input.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

extern char** environ;

namespace {

namespace fs = std::filesystem;
constexpr std::string_view what_to_give = "; give a Debian package index (Packages, or dpkg's status)";
constexpr const char*      apt_helper = "/usr/lib/apt/apt-helper";

[[noreturn]] void fail(const std::string& why) { throw std::runtime_error(why); }

bool is_compressed(const std::string& path) {
    const std::string ending = fs::path(path).extension();
    return ending == ".lz4" || ending == ".xz" || ending == ".gz" || ending == ".bz2" || ending == ".zst";
}

void write_all(int file, const char* data, std::size_t size) {
    while (size != 0) {
        const ssize_t n = ::write(file, data, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) fail(std::string("can't keep the index in memory: ") + std::strerror(errno));
        data += n;
        size -= static_cast<std::size_t>(n);
    }
}

void copy_plain(const std::string& path, int out) {
    const int in = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (in < 0) fail(path + ": " + std::strerror(errno) + std::string(what_to_give));
    std::vector<char> piece(1 << 16);
    ssize_t           n = 0;
    while ((n = ::read(in, piece.data(), piece.size())) > 0) write_all(out, piece.data(), static_cast<std::size_t>(n));
    const int error = errno;
    ::close(in);
    if (n < 0) fail(path + ": " + std::strerror(error) + std::string(what_to_give));
}

void copy_decompressed(const std::string& path, int out) {
    if (::access(path.c_str(), R_OK) != 0) fail(path + ": " + std::strerror(errno) + std::string(what_to_give));
    if (::access(apt_helper, X_OK) != 0) fail(path + ": compressed, and there is no " + apt_helper + " to read it; decompress it first");
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    const char* arguments[] = {apt_helper, "cat-file", path.c_str(), nullptr};
    pid_t       child = 0;
    const int   error = ::posix_spawn(&child, apt_helper, &actions, nullptr, const_cast<char**>(arguments), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) fail(std::string("can't start ") + apt_helper + ": " + std::strerror(error));
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail(path + ": apt-helper could not decompress it");
}

/// Quoted so that nothing in a broken file reaches the terminal as a command to it.
std::string in_quotes(std::string_view line) {
    std::string text = "\"";
    for (char c : line.substr(0, 40)) text += c >= ' ' && c < 127 ? c : '?';
    return text + (line.size() > 40 ? "...\"" : "\"");
}

}  // namespace

std::vector<std::string> machine_indexes() {
    const fs::path           lists = "/var/lib/apt/lists", status = "/var/lib/dpkg/status";
    std::vector<std::string> files;
    std::error_code          none;
    for (const auto& entry : fs::directory_iterator(lists, none)) {
        const std::string name = is_compressed(entry.path()) ? entry.path().stem() : entry.path().filename();
        if (name.size() > 9 && name.substr(name.size() - 9) == "_Packages") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    if (files.empty() && fs::exists(status, none)) files.push_back(status);
    if (files.empty()) fail("no package index in " + lists.string() + " and no " + status.string() + "; name one with --file FILE");
    return files;
}

std::string decompressed(const std::vector<std::string>& files) {
    const int out = ::memfd_create("package index", 0);  // children open it too
    if (out < 0) fail(std::string("can't keep the index in memory: ") + std::strerror(errno));
    for (const std::string& file : files) {
        if (is_compressed(file)) copy_decompressed(file, out);
        else copy_plain(file, out);
        write_all(out, "\n", 1);  // the next file's first paragraph is one of its own
    }
    return "/proc/self/fd/" + std::to_string(out);
}

paragraph_reader::paragraph_reader(const std::string& path) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), buffer_(1 << 16) {
    if (file_ < 0) fail(path + ": " + std::strerror(errno) + std::string(what_to_give));
}

paragraph_reader::~paragraph_reader() { ::close(file_); }

bool paragraph_reader::read_line(std::string& line) {
    line.clear();
    while (true) {
        const char* start = buffer_.data() + begin_;
        const auto* end = static_cast<const char*>(std::memchr(start, '\n', end_ - begin_));
        if (end != nullptr) {
            line.append(start, end);
            begin_ += static_cast<std::size_t>(end - start) + 1;
            ++line_number_;
            return true;
        }
        line.append(start, end_ - begin_);
        if (line.size() > std::size_t{1} << 20) fail("line " + std::to_string(line_number_ + 1) + " is longer than any in a package index");
        const ssize_t n = ::read(file_, buffer_.data(), buffer_.size());
        if (n < 0) fail(std::string("reading stopped: ") + std::strerror(errno));
        begin_ = 0;
        end_ = static_cast<std::size_t>(n);
        if (n == 0) return line.empty() ? false : (++line_number_, true);
    }
}

bool paragraph_reader::next(std::vector<field>& fields) {
    struct span {
        std::size_t name, value, end;
    };
    std::vector<span> spans;  // views are made when the text no longer moves
    text_.clear();
    while (read_line(line_)) {
        if (line_.empty()) {
            if (spans.empty()) continue;
            break;
        }
        const bool continued = line_[0] == ' ' || line_[0] == '\t';
        const auto colon = continued ? std::string::npos : line_.find(':');
        const bool named = colon != std::string::npos && colon != 0 && line_.find_first_of(" \t") > colon;
        if (continued ? spans.empty() : !named)
            fail("line " + std::to_string(line_number_) + " is no line of a package index: " + in_quotes(line_) + std::string(what_to_give));
        if (continued) {
            text_ += line_;
            spans.back().end = text_.size();
            continue;
        }
        const auto value = std::min(line_.find_first_not_of(" \t", colon + 1), line_.size());
        spans.push_back({text_.size(), text_.size() + value, text_.size() + line_.size()});
        text_ += line_;
        spans.back().name = colon;  // its length; where it begins follows from the field before
    }
    fields.clear();
    const std::string_view all = text_;
    std::size_t            begin = 0;
    for (const span& each : spans) {
        fields.push_back({all.substr(begin, each.name), all.substr(each.value, each.end - each.value)});
        begin = each.end;
    }
    return !fields.empty();
}
