#include "src/cli/process_memory.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace autopmr::cli {

namespace {

constexpr std::size_t most_loaded = 1u << 16;

// The kernel writes a newline in a file's name as \012, and nothing else so.
std::string unescaped(std::string_view path) {
    std::string text;
    for (std::size_t i = 0; i != path.size(); ++i) {
        const bool newline = path.substr(i, 4) == "\\012";
        text += newline ? '\n' : path[i];
        if (newline) i += 3;
    }
    return text;
}

std::uint64_t hexadecimal(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return value;
}

bool is_file_number(const std::string& path, std::string_view inode) {
    struct stat about = {};
    return ::stat(path.c_str(), &about) == 0 && std::to_string(about.st_ino) == inode;
}

// The kernel's own link leads to the very file, but asks for more rights than a user has. Else the path counts as the process
// sees it (a container); or as we see it, which it is for a process under chroot, if that is the same file.
void open_object(const std::string& folder, std::string_view range, std::string_view inode, mapped_object& object) {
    object.file.emplace(folder + "/map_files/" + std::string(range));
    if (object.file->ok() || object.deleted) return;
    object.file.emplace(folder + "/" + process_root + object.path);
    if (!object.file->ok() && is_file_number(object.path, inode)) object.file.emplace(object.path);
}

// Numbers in another process's memory, in the layout of its executable.
class remote {
public:
    remote(const std::string& folder, elf_kind kind) : memory_(::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC)), kind_(kind) {}
    remote(const remote&) = delete;
    remote& operator=(const remote&) = delete;
    ~remote() {
        if (memory_ >= 0) ::close(memory_);
    }
    std::uint64_t word(std::uint64_t address) const {
        unsigned char     bytes[8];
        const std::size_t size = kind_.bits / 8;
        if (memory_ < 0 || ::pread(memory_, bytes, size, static_cast<off_t>(address)) != static_cast<ssize_t>(size)) return 0;
        std::uint64_t value = 0;
        for (std::size_t i = 0; i != size; ++i) value = value << 8 | bytes[kind_.big_endian ? i : size - 1 - i];
        return value;
    }

private:
    int      memory_;
    elf_kind kind_;
};

bool same_library(const mapped_object& object, const std::string& name) {
    return object.path == name || std::filesystem::path(object.path).filename() == std::filesystem::path(name).filename() ||
           (object.file && !object.file->soname().empty() && object.file->soname() == name);
}

}  // namespace

bool read_text(const std::string& path, std::string& out, std::size_t limit) {
    out.clear();
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return false;
    char    part[1 << 14];
    ssize_t got = 0;
    while (out.size() < limit && ((got = ::read(file, part, sizeof part)) > 0 || (got < 0 && errno == EINTR)))
        if (got > 0) out.append(part, static_cast<std::size_t>(got));
    const int error = errno;
    ::close(file);
    errno = error;
    return got >= 0;
}

memory_map read_memory_map(const std::string& folder, const std::string& maps) {
    memory_map  memory;
    std::size_t at = 0;
    while (at < maps.size()) {
        const std::size_t      end = std::min(maps.find('\n', at), maps.size());
        const std::string_view line = std::string_view(maps).substr(at, end - at);
        at = end + 1;
        // begin-end perms offset dev inode   path: the path may hold blanks, so it is what follows the fifth field.
        std::string_view fields[5], rest = line;
        for (std::string_view& field : fields) {
            rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
            field = rest.substr(0, rest.find(' '));
            rest.remove_prefix(field.size());
        }
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        const std::size_t dash = fields[0].find('-');
        if (dash == fields[0].npos || rest.empty() || rest.front() != '/') continue;
        constexpr std::string_view gone = " (deleted)";
        const bool                 deleted = rest.ends_with(gone);
        const std::string          path = unescaped(deleted ? rest.substr(0, rest.size() - gone.size()) : rest);
        const auto known = std::find_if(memory.objects.begin(), memory.objects.end(),
                                        [&](const mapped_object& object) { return object.path == path && object.deleted == deleted; });
        mapping range{hexadecimal(fields[0].substr(0, dash)), hexadecimal(fields[0].substr(dash + 1)),
                      static_cast<std::size_t>(known - memory.objects.begin())};
        if (known == memory.objects.end()) {
            mapped_object object;
            object.path = path;
            object.deleted = deleted;
            object.base = range.begin - std::min(range.begin, hexadecimal(fields[2]));
            open_object(folder, fields[0], fields[4], object);
            memory.objects.push_back(std::move(object));
        }
        memory.ranges.push_back(range);
    }
    return memory;
}

std::vector<std::size_t> link_order(const std::string& folder, const memory_map& memory, std::size_t executable) {
    const mapped_object& program = memory.objects[executable];
    if (!program.file || !program.file->ok() || program.file->dynamic_address() == 0) return {};
    const unsigned      word = program.file->kind().bits / 8;
    const remote        process(folder, program.file->kind());
    const std::uint64_t moved_by = program.base - program.file->first_address();
    // The executable's dynamic section points at the linker's record; a linker started by hand has the record itself.
    std::uint64_t record = 0;
    for (std::uint64_t at = program.file->dynamic_address() + moved_by, i = 0; i != 4096; ++i, at += 2 * word) {
        const std::uint64_t tag = process.word(at);
        if (tag == DT_DEBUG) record = process.word(at + word);
        if (tag == DT_NULL) break;
    }
    if (record == 0)
        if (const std::uint64_t symbol = program.file->exported("_r_debug")) record = symbol + moved_by;
    if (record == 0) return {};
    // struct r_debug { int version; link_map* map; ... }; struct link_map { addr, name, dynamic, next, previous }
    std::vector<std::size_t> order;
    std::uint64_t            entry = process.word(record + word);
    for (std::size_t i = 0; entry != 0 && i != most_loaded; ++i, entry = process.word(entry + 3 * word)) {
        const std::uint64_t dynamic = process.word(entry + 2 * word);
        for (const mapping& range : memory.ranges)
            if (dynamic >= range.begin && dynamic < range.end && std::find(order.begin(), order.end(), range.object) == order.end())
                order.push_back(range.object);
    }
    return order;
}

std::vector<std::size_t> needed_order(const memory_map& memory, std::size_t executable, const std::vector<std::string>& preloads) {
    std::vector<std::size_t> order{executable};
    const auto               append = [&](const std::string& name) {
        for (std::size_t i = 0; i != memory.objects.size(); ++i)
            if (same_library(memory.objects[i], name)) {
                if (std::find(order.begin(), order.end(), i) == order.end()) order.push_back(i);
                return;
            }
    };
    for (const std::string& name : preloads) append(name);
    for (std::size_t next = 0; next != order.size(); ++next)
        if (const auto& file = memory.objects[order[next]].file; file && file->ok())
            for (const std::string& name : file->needed()) append(name);
    return order;
}

}  // namespace autopmr::cli
