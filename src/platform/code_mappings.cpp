// Where code comes from: /proc/self/maps, read in pieces. A system without that file tells nothing.
#include "os.hpp"

#include <cstring>

namespace autopmr::os {
namespace {

/// One line at a time, in a buffer that fits on the small stacks of signal handlers.
class maps_line {
public:
    void add(char c) noexcept {
        if (size_ != sizeof text_) text_[size_++] = c;  // of a name too long the end is lost
    }
    void clear() noexcept { size_ = 0; }

    /// "begin-end rwxp offset device inode    name": false where it is not code.
    bool read(code_mapping& out) const noexcept {
        std::size_t   at = 0;
        std::uint64_t begin = 0, end = 0;
        if (!number(at, begin) || !skip(at, '-') || !number(at, end) || !skip(at, ' ')) return false;
        if (at + 4 > size_ || text_[at + 2] != 'x') return false;
        at += 4;
        if (!skip(at, ' ') || !number(at, out.offset)) return false;
        out.begin = static_cast<std::uintptr_t>(begin);
        out.end = static_cast<std::uintptr_t>(end);
        const void* const name = std::memchr(text_ + at, '/', size_ - at);
        // Devices are numbers with a colon, so that the first slash begins the name.
        out.file = name == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(name), static_cast<std::size_t>(text_ + size_ - static_cast<const char*>(name)));
        return true;
    }

private:
    bool skip(std::size_t& at, char c) const noexcept { return at != size_ && text_[at] == c && ++at != 0; }
    bool number(std::size_t& at, std::uint64_t& out) const noexcept {
        const std::size_t first = at;
        for (out = 0; at != size_; ++at) {
            const char c = text_[at];
            if (c >= '0' && c <= '9') out = out * 16 + static_cast<unsigned>(c - '0');
            else if (c >= 'a' && c <= 'f') out = out * 16 + static_cast<unsigned>(c - 'a' + 10);
            else break;
        }
        return at != first;
    }

    char        text_[512];
    std::size_t size_ = 0;
};

}  // namespace

void for_each_code_mapping(void (*each)(void*, const code_mapping&) noexcept, void* context) noexcept {
    const int file = open_file("/proc/self/maps");
    if (file < 0) return;
    maps_line    line;
    char         piece[256];
    code_mapping one;
    for (long got; (got = read_some(file, piece, sizeof piece)) > 0;)
        for (long i = 0; i != got; ++i) {
            if (piece[i] != '\n') {
                line.add(piece[i]);
                continue;
            }
            if (line.read(one)) each(context, one);
            line.clear();
        }
    close_file(file);
}

}  // namespace autopmr::os
