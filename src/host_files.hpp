#pragma once
/// \file
/// The files that probes read, below a root that may be a fixture. Bounded, without allocation, and never stuck on a pipe.

#include <autopmr/host.hpp>

#include <cstddef>
#include <string_view>

namespace autopmr {

/// The first bytes of a file, or why there are none.
class file_text {
public:
    [[nodiscard]] bool             ok() const noexcept { return why_.empty(); }
    [[nodiscard]] bool             missing() const noexcept { return missing_; }
    [[nodiscard]] std::string_view text() const noexcept { return {bytes_, size_}; }  ///< without white space around it
    [[nodiscard]] std::string_view why() const noexcept { return why_; }

private:
    friend class host_files;
    char           bytes_[512] = {};
    std::size_t    size_ = 0;
    bool           missing_ = false;
    fixed_text<64> why_;
};

class host_files {
public:
    explicit host_files(std::string_view root) noexcept;

    /// This machine, whose calls may be asked as well; not a folder that stands for one.
    [[nodiscard]] bool this_machine() const noexcept { return root_.empty(); }
    /// `path` begins with a slash.
    [[nodiscard]] file_text read(std::string_view path) const noexcept;
    [[nodiscard]] bool      exists(std::string_view path) const noexcept;
    /// A handle of os::open_file, or -1 and why.
    int open(std::string_view path, fixed_text<64>& why, bool& missing) const noexcept;
    /// A variable of the environment, or for a fixture a line NAME=value of /autopmr/environment. Empty when unset.
    [[nodiscard]] fixed_text<64> environment(std::string_view name) const noexcept;

private:
    std::string_view root_;
};

/// Lines of a file of any length, in pieces. A line longer than the buffer is cut; the first mebibyte is read, no more.
class line_reader {
public:
    line_reader(const host_files& files, std::string_view path) noexcept;
    ~line_reader();
    line_reader(const line_reader&) = delete;
    line_reader& operator=(const line_reader&) = delete;

    /// False at the end. The line is valid until the next call.
    bool                           next(std::string_view& line) noexcept;
    [[nodiscard]] std::string_view why() const noexcept { return why_; }  ///< empty unless opening or reading failed

private:
    bool fill() noexcept;

    bool           missing_ = false;  // these two before file_: opening writes them
    fixed_text<64> why_;
    int            file_;
    std::size_t    begin_ = 0, end_ = 0, budget_ = std::size_t{1} << 20;
    bool           skipping_ = false;
    char           buffer_[4096];
};

/// A path, and what is to be said of it, in the room an origin has: a long path loses its middle, not its end.
fixed_text<192> origin_text(std::string_view path, std::string_view note = {}) noexcept;
/// The same where the note quotes what stands in the file.
fixed_text<192> origin_quoting(std::string_view path, std::string_view note, std::string_view content) noexcept;

template <class T>
fact<T> found(T value, const fixed_text<192>& origin) noexcept {
    return {value, true, origin};
}
template <class T>
fact<T> unknown(const fixed_text<192>& why) noexcept {
    return {T{}, false, why};
}

}  // namespace autopmr
