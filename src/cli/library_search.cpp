#include "src/cli/library_search.hpp"

#include "src/cli/process_memory.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace autopmr::cli {

namespace {

// The cache of glibc 2.2 and later, which may follow an older one in the same file: a header of 48 bytes, entries of 24.
constexpr std::string_view cache_magic = "glibc-ld.so.cache1.1";
constexpr std::size_t      header_size = 48, entry_size = 24, count_at = 20, name_at = 4, path_at = 8;

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    if (at + sizeof value <= bytes.size()) std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

std::string_view text_at(std::string_view bytes, std::size_t at) {
    const std::string_view rest = bytes.substr(std::min(at, bytes.size()));
    const std::size_t      end = rest.find('\0');
    return end == rest.npos ? std::string_view() : rest.substr(0, end);
}

bool is_for(const std::string& path, const elf_kind& kind) {
    const elf_file file(path);
    return file.ok() && file.kind() == kind;
}

}  // namespace

std::vector<std::string> split(const std::string& text, const char* separators) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; (at = text.find_first_not_of(separators, at)) != text.npos;) {
        const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end;
    }
    return parts;
}

library_search::library_search() {
    if (const char* more = std::getenv("LD_LIBRARY_PATH")) folders_ = split(more, ":;");
    std::string whole;
    read_text("/etc/ld.so.cache", whole);
    if (const std::size_t start = whole.find(cache_magic); start != whole.npos) cache_ = whole.substr(start);
}

std::vector<std::string> library_search::places(const std::string& name) const {
    if (name.find('/') != name.npos) return {name};
    std::vector<std::string> found;
    for (const std::string& folder : folders_) found.push_back(folder + "/" + name);
    const std::size_t count = number_at(cache_, count_at);
    for (std::size_t i = 0; i != count && header_size + (i + 1) * entry_size <= cache_.size(); ++i) {
        const std::size_t entry = header_size + i * entry_size;
        if (text_at(cache_, number_at(cache_, entry + name_at)) == name)
            found.emplace_back(text_at(cache_, number_at(cache_, entry + path_at)));
    }
    for (const char* folder : {"/lib64/", "/usr/lib64/", "/lib/", "/usr/lib/", "/usr/local/lib/"}) found.push_back(folder + name);
    return found;
}

std::string library_search::find(const std::string& name, const elf_kind& kind, const std::string& run_path,
                                 const std::string& origin) const {
    if (name.find('/') == name.npos)
        for (std::string folder : split(run_path, ":")) {
            for (const std::string_view variable : {"$ORIGIN", "${ORIGIN}"})
                if (const std::size_t at = folder.find(variable); at != folder.npos) folder.replace(at, variable.size(), origin);
            if (is_for(folder + "/" + name, kind)) return folder + "/" + name;
        }
    for (const std::string& place : places(name))
        if (is_for(place, kind)) return place;
    return {};
}

std::string library_search::find_other(const std::string& name, const elf_kind& kind) const {
    for (const std::string& place : places(name)) {
        const elf_file file(place);
        if (file.ok() && !(file.kind() == kind)) return place + " is " + to_string(file.kind());
    }
    return {};
}

}  // namespace autopmr::cli
