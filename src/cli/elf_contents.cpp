/// What a file holds beyond what it exports: its own symbol table, and texts that tell a library that was linked in.

#include "src/cli/elf.hpp"

#include <algorithm>
#include <cstring>

#include <elf.h>

namespace autopmr::cli {

namespace {

constexpr std::uint64_t most_scanned = std::uint64_t{512} << 20;
constexpr std::size_t   chunk_size = std::size_t{1} << 20;

}  // namespace

std::uint64_t elf_file::address_of(std::uint64_t offset) const noexcept {
    for (const segment& part : segments_)
        if (part.type == PT_LOAD && offset >= part.offset && offset - part.offset < part.file_size) return part.address + (offset - part.offset);
    return 0;
}

std::string_view elf_file::defined_inside(std::span<const std::string_view> names) const {
    const bool          wide = kind_.bits == 64;
    const std::uint64_t header = wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
    const std::uint64_t entry = wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    const auto section = [&](std::uint64_t index) { return sections_ + index * header; };
    const auto offset_of = [&](std::uint64_t at) { return word_at(at + (wide ? 24 : 16)); };
    const auto size_of = [&](std::uint64_t at) { return word_at(at + (wide ? 32 : 20)); };
    std::size_t best = names.size();
    for (unsigned i = 0; i < section_count_; ++i) {
        if (number_at(section(i) + 4, 4) != SHT_SYMTAB) continue;
        const std::uint64_t link = number_at(section(i) + (wide ? 40 : 24), 4);
        const std::uint64_t from = offset_of(section(i)), size = size_of(section(i));
        const std::uint64_t strings_from = offset_of(section(link)), strings_size = size_of(section(link));
        if (from > size_ || size > size_ - from || size > most_scanned || strings_from > size_ ||
            strings_size > size_ - strings_from || strings_size > most_scanned || strings_size == 0)
            continue;
        std::vector<unsigned char> symbols(static_cast<std::size_t>(size));
        std::string                strings(static_cast<std::size_t>(strings_size), '\0');
        if (!read(from, symbols.data(), symbols.size()) || !read(strings_from, strings.data(), strings.size())) continue;
        for (std::uint64_t at = 0; at + entry <= size; at += entry) {
            const std::uint64_t name = number(&symbols[at], 4);
            if (number(&symbols[at + (wide ? 6 : 14)], 2) == SHN_UNDEF || name >= strings.size()) continue;
            const std::string_view text(strings.c_str() + name);
            const auto             better = names.first(best);
            best = static_cast<std::size_t>(std::find(better.begin(), better.end(), text) - better.begin());
        }
    }
    return best == names.size() ? std::string_view() : names[best];
}

std::string_view elf_file::text_inside(std::span<const std::string_view> texts) const {
    std::size_t best = texts.size(), longest = 1;
    for (const std::string_view text : texts) longest = std::max(longest, text.size());
    std::vector<char> chunk(chunk_size + longest);
    for (const segment& part : segments_) {
        if (part.type != PT_LOAD || (part.flags & PF_W) != 0 || part.offset >= size_) continue;
        const std::uint64_t end = part.offset + std::min({part.file_size, size_ - part.offset, most_scanned});
        for (std::uint64_t at = part.offset; at < end; at += chunk_size) {
            const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), end - at));
            if (!read(at, chunk.data(), size)) break;
            for (std::size_t i = 0; i < best; ++i)
                if (::memmem(chunk.data(), size, texts[i].data(), texts[i].size()) != nullptr) best = i;
        }
    }
    return best == texts.size() ? std::string_view() : texts[best];
}

std::string to_string(const elf_kind& kind) {
    std::string name = kind.bits == 64 ? "64-bit " : "32-bit ";
    switch (kind.machine) {
        case EM_386: name += "x86"; break;
        case EM_X86_64: name += "x86-64"; break;
        case EM_ARM: name += "Arm"; break;
        case EM_AARCH64: name += "AArch64"; break;
        case EM_RISCV: name += "RISC-V"; break;
        case EM_PPC: case EM_PPC64: name += "PowerPC"; break;
        case EM_S390: name += "s390"; break;
        case EM_MIPS: name += "MIPS"; break;
        default: name += "machine " + std::to_string(kind.machine);
    }
    return name + (kind.big_endian ? " big-endian" : "");
}

}  // namespace autopmr::cli
