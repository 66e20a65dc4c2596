#include "src/cli/elf.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace autopmr::cli {

namespace {

// More than any real file has, and little enough that garbage costs no time.
constexpr unsigned      most_segments = 1024;
constexpr std::uint64_t most_dynamic_entries = 1u << 16;
constexpr std::uint64_t most_chain_steps = 1u << 20;

constexpr bool names_a_definition(unsigned info, unsigned other, unsigned section) noexcept {
    const unsigned binding = info >> 4, visibility = other & 3;
    return section != SHN_UNDEF && (binding == STB_GLOBAL || binding == STB_WEAK || binding == STB_GNU_UNIQUE) &&
           (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

}  // namespace

elf_file::elf_file(const std::string& path) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    struct stat about = {};
    if (file_ < 0 || ::fstat(file_, &about) != 0) {
        error_ = std::strerror(errno);
    } else if (!S_ISREG(about.st_mode)) {
        error_ = S_ISDIR(about.st_mode) ? "a directory" : "not a regular file";
    } else {
        size_ = static_cast<std::uint64_t>(about.st_size);
        read_header();
    }
}

elf_file::elf_file(elf_file&& other) noexcept
    : file_(std::exchange(other.file_, -1)), size_(other.size_), error_(std::move(other.error_)), kind_(other.kind_),
      segments_(std::move(other.segments_)), interpreter_(std::move(other.interpreter_)), soname_(std::move(other.soname_)),
      run_path_(std::move(other.run_path_)), needed_(std::move(other.needed_)), dynamic_address_(other.dynamic_address_),
      first_address_(other.first_address_), sections_(other.sections_), section_count_(other.section_count_),
      strings_(other.strings_), symbols_(other.symbols_), hash_(other.hash_), gnu_hash_(other.gnu_hash_) {}

elf_file::~elf_file() {
    if (file_ >= 0) ::close(file_);
}

bool elf_file::read(std::uint64_t offset, void* out, std::size_t size) const {
    if (offset > size_ || size > size_ - offset) return false;
    auto* to = static_cast<char*>(out);
    while (size != 0) {
        const ssize_t got = ::pread(file_, to, size, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        to += got;
        offset += static_cast<std::uint64_t>(got);
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

std::uint64_t elf_file::number(const unsigned char* bytes, unsigned size) const noexcept {
    std::uint64_t value = 0;
    for (unsigned i = 0; i != size; ++i) value = value << 8 | bytes[kind_.big_endian ? i : size - 1 - i];
    return value;
}

std::uint64_t elf_file::number_at(std::uint64_t offset, unsigned size) const {
    unsigned char bytes[8];
    return read(offset, bytes, size) ? number(bytes, size) : 0;
}

std::uint64_t elf_file::file_offset(std::uint64_t address) const noexcept {
    for (const segment& part : segments_)
        if (part.type == PT_LOAD && address >= part.address && address - part.address < part.file_size)
            return part.offset + (address - part.address);
    return 0;
}

std::string elf_file::string_at(std::uint64_t offset) const {
    char text[4096];
    if (offset == 0 || offset >= size_) return {};
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(sizeof text, size_ - offset));
    if (!read(offset, text, size)) return {};
    const void* end = std::memchr(text, 0, size);
    return end ? std::string(text) : std::string();
}

void elf_file::read_header() {
    unsigned char head[EI_NIDENT];
    if (!read(0, head, sizeof head) || std::memcmp(head, ELFMAG, SELFMAG) != 0) {
        error_ = "not an ELF file";
        return;
    }
    if ((head[EI_CLASS] != ELFCLASS32 && head[EI_CLASS] != ELFCLASS64) ||
        (head[EI_DATA] != ELFDATA2LSB && head[EI_DATA] != ELFDATA2MSB)) {
        error_ = "an ELF file of an unknown class";
        return;
    }
    const bool wide = head[EI_CLASS] == ELFCLASS64;
    kind_.bits = wide ? 64 : 32;
    kind_.big_endian = head[EI_DATA] == ELFDATA2MSB;
    kind_.machine = static_cast<std::uint16_t>(number_at(18, 2));
    const std::uint64_t headers = word_at(wide ? 32 : 28);
    const unsigned      stride = wide ? 56 : 32, section_stride = wide ? 64 : 40;
    const auto          count = static_cast<unsigned>(number_at(wide ? 56 : 44, 2));
    if (number_at(wide ? 54 : 42, 2) != stride || count == 0 || count > most_segments || headers > size_ ||
        size_ - headers < std::uint64_t{count} * stride) {
        error_ = "a cut-off or damaged ELF file";
        return;
    }
    if (number_at(wide ? 58 : 46, 2) == section_stride) {
        sections_ = word_at(wide ? 40 : 32);
        section_count_ = static_cast<unsigned>(number_at(wide ? 60 : 48, 2));
    }
    bool any_load = false;
    for (unsigned i = 0; i != count; ++i) {
        const std::uint64_t at = headers + std::uint64_t{i} * stride;
        segment             part;
        part.type = static_cast<std::uint32_t>(number_at(at, 4));
        part.flags = static_cast<std::uint32_t>(number_at(at + (wide ? 4 : 24), 4));
        part.offset = word_at(at + (wide ? 8 : 4));
        part.address = word_at(at + (wide ? 16 : 8));
        part.file_size = word_at(at + (wide ? 32 : 16));
        if (part.type == PT_LOAD && !any_load) {
            any_load = true;
            first_address_ = part.address - std::min(part.address, part.offset);
        }
        segments_.push_back(part);
    }
    for (const segment& part : segments_) {
        if (part.type == PT_INTERP) interpreter_ = string_at(part.offset);
        if (part.type == PT_DYNAMIC) read_dynamic(part);
    }
}

void elf_file::read_dynamic(const segment& dynamic) {
    dynamic_address_ = dynamic.address;
    const unsigned             word = kind_.bits / 8;
    std::vector<std::uint64_t> needed_names;
    std::uint64_t              soname = 0, run_path = 0;
    const std::uint64_t        entries = std::min(dynamic.file_size / (2 * word), most_dynamic_entries);
    for (std::uint64_t i = 0; i != entries; ++i) {
        const std::uint64_t at = dynamic.offset + i * 2 * word;
        if (at >= size_) break;
        const std::uint64_t tag = word_at(at), value = word_at(at + word);
        if (tag == DT_NULL) break;
        if (tag == DT_NEEDED) needed_names.push_back(value);
        if (tag == DT_SONAME) soname = value;
        if (tag == DT_RPATH || tag == DT_RUNPATH) run_path = value;
        if (tag == DT_STRTAB) strings_ = file_offset(value);
        if (tag == DT_SYMTAB) symbols_ = file_offset(value);
        if (tag == DT_HASH) hash_ = file_offset(value);
        if (tag == static_cast<std::uint64_t>(DT_GNU_HASH)) gnu_hash_ = file_offset(value);
    }
    if (strings_ == 0) return;
    for (const std::uint64_t name : needed_names)
        if (std::string text = string_at(strings_ + name); !text.empty()) needed_.push_back(std::move(text));
    if (soname != 0) soname_ = string_at(strings_ + soname);
    if (run_path != 0) run_path_ = string_at(strings_ + run_path);
}

std::uint64_t elf_file::symbol_if(std::uint64_t index, std::string_view name) const {
    const bool          wide = kind_.bits == 64;
    const std::uint64_t at = symbols_ + index * (wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym));
    const auto info = static_cast<unsigned>(number_at(at + (wide ? 4 : 12), 1));
    const auto other = static_cast<unsigned>(number_at(at + (wide ? 5 : 13), 1));
    const auto section = static_cast<unsigned>(number_at(at + (wide ? 6 : 14), 2));
    if (!names_a_definition(info, other, section) || string_at(strings_ + number_at(at, 4)) != name) return 0;
    return word_at(at + (wide ? 8 : 4));
}

std::uint64_t elf_file::by_gnu_hash(std::string_view name) const {
    std::uint32_t hash = 5381;
    for (const char c : name) hash = hash * 33 + static_cast<unsigned char>(c);
    const std::uint64_t buckets = number_at(gnu_hash_, 4), first = number_at(gnu_hash_ + 4, 4);
    const std::uint64_t bloom_words = number_at(gnu_hash_ + 8, 4);
    if (buckets == 0) return 0;
    const std::uint64_t bucket_table = gnu_hash_ + 16 + bloom_words * (kind_.bits / 8);
    const std::uint64_t chain_table = bucket_table + buckets * 4;
    std::uint64_t       index = number_at(bucket_table + hash % buckets * 4, 4);
    if (index < first) return 0;
    for (std::uint64_t steps = 0; steps != most_chain_steps; ++steps, ++index) {
        const std::uint64_t at = chain_table + (index - first) * 4;
        if (at >= size_) break;
        const std::uint64_t link = number_at(at, 4);
        if ((link | 1) == (hash | 1))
            if (const std::uint64_t found = symbol_if(index, name)) return found;
        if (link & 1) break;
    }
    return 0;
}

std::uint64_t elf_file::by_hash(std::string_view name) const {
    std::uint32_t hash = 0;
    for (const char c : name) {
        hash = (hash << 4) + static_cast<unsigned char>(c);
        const std::uint32_t high = hash & 0xf0000000;
        hash = (hash ^ high >> 24) & ~high;
    }
    const std::uint64_t buckets = number_at(hash_, 4), links = number_at(hash_ + 4, 4);
    if (buckets == 0) return 0;
    std::uint64_t index = number_at(hash_ + 8 + hash % buckets * 4, 4);
    for (std::uint64_t steps = 0; index != 0 && index < links && steps != std::min(links, most_chain_steps); ++steps) {
        if (const std::uint64_t found = symbol_if(index, name)) return found;
        index = number_at(hash_ + 8 + (buckets + index) * 4, 4);
    }
    return 0;
}

std::uint64_t elf_file::exported(std::string_view name) const {
    if (strings_ == 0 || symbols_ == 0) return 0;
    if (gnu_hash_ != 0) return by_gnu_hash(name);
    return hash_ != 0 ? by_hash(name) : 0;
}

}  // namespace autopmr::cli
