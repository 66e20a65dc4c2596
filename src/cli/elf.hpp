#pragma once
/// \file
/// A small reader of ELF files: who needs what, who exports what. Both word sizes, both byte orders.
///
/// Every offset in a file is taken as hostile: reads are bounded, loops are counted, and what makes no sense is answered
/// with "not there". Nothing is mapped, so a file that shrinks meanwhile is a short read and no SIGBUS.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace autopmr::cli {

/// What must agree before a library can be loaded into a program.
struct elf_kind {
    unsigned      bits = 0;
    bool          big_endian = false;
    std::uint16_t machine = 0;
    friend bool operator==(const elf_kind&, const elf_kind&) = default;
};

/// "64-bit x86-64", for people.
[[nodiscard]] std::string to_string(const elf_kind& kind);

class elf_file {
public:
    /// Not an ELF file, unreadable, cut off: ok() is false and error() says which.
    explicit elf_file(const std::string& path);
    elf_file(elf_file&& other) noexcept;
    elf_file& operator=(elf_file&&) = delete;
    ~elf_file();

    [[nodiscard]] bool               ok() const noexcept { return error_.empty(); }
    [[nodiscard]] const std::string& error() const noexcept { return error_; }
    [[nodiscard]] bool               is_elf() const noexcept { return kind_.bits != 0; }
    [[nodiscard]] elf_kind           kind() const noexcept { return kind_; }

    [[nodiscard]] const std::string& interpreter() const noexcept { return interpreter_; }  ///< empty: none asked for
    [[nodiscard]] const std::string& soname() const noexcept { return soname_; }
    [[nodiscard]] const std::string& run_path() const noexcept { return run_path_; }
    [[nodiscard]] const std::vector<std::string>& needed() const noexcept { return needed_; }
    /// The address of the dynamic section and of the first loaded byte, before relocation; 0 when there is none.
    [[nodiscard]] std::uint64_t dynamic_address() const noexcept { return dynamic_address_; }
    [[nodiscard]] std::uint64_t first_address() const noexcept { return first_address_; }

    /// The address, before relocation, at which an offset of the file is loaded; 0 when it is not.
    [[nodiscard]] std::uint64_t address_of(std::uint64_t offset) const noexcept;

    /// The address of a symbol this file exports to the dynamic linker, found as the linker finds it; 0 when it exports none.
    [[nodiscard]] std::uint64_t exported(std::string_view name) const;
    /// Whether the full symbol table (gone from a stripped file) defines one of `names`: the earliest of them, or empty.
    [[nodiscard]] std::string_view defined_inside(std::span<const std::string_view> names) const;
    /// Which of `texts` stands in the read-only segments: the earliest of them, or empty.
    [[nodiscard]] std::string_view text_inside(std::span<const std::string_view> texts) const;

private:
    struct segment {
        std::uint32_t type = 0, flags = 0;
        std::uint64_t offset = 0, address = 0, file_size = 0;
    };

    bool          read(std::uint64_t offset, void* out, std::size_t size) const;
    std::uint64_t number(const unsigned char* bytes, unsigned size) const noexcept;
    std::uint64_t number_at(std::uint64_t offset, unsigned size) const;  ///< 0 outside the file
    std::uint64_t word_at(std::uint64_t offset) const { return number_at(offset, kind_.bits / 8); }
    std::uint64_t file_offset(std::uint64_t address) const noexcept;     ///< 0 when no segment holds it
    std::string   string_at(std::uint64_t offset) const;
    void          read_header();
    void          read_dynamic(const segment& dynamic);
    std::uint64_t symbol_if(std::uint64_t index, std::string_view name) const;
    std::uint64_t by_gnu_hash(std::string_view name) const;
    std::uint64_t by_hash(std::string_view name) const;

    int                      file_ = -1;
    std::uint64_t            size_ = 0;
    std::string              error_;
    elf_kind                 kind_;
    std::vector<segment>     segments_;
    std::string              interpreter_, soname_, run_path_;
    std::vector<std::string> needed_;
    std::uint64_t            dynamic_address_ = 0, first_address_ = 0, sections_ = 0;
    unsigned                 section_count_ = 0;
    std::uint64_t            strings_ = 0, symbols_ = 0, hash_ = 0, gnu_hash_ = 0;  // offsets in the file
};

}  // namespace autopmr::cli
