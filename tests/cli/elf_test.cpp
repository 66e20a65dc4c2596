#include "src/cli/elf.hpp"

#include "cli/run_program.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <random>

#include <elf.h>

using autopmr::cli::elf_file;
using namespace autopmr_test;

namespace {

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// A tiny library in the layout and byte order asked for: one segment that maps the file as it is, a dynamic section, a SysV
// hash table with one bucket, and the exported function `malloc` beside the imported `free`.
class made_elf {
public:
    made_elf(unsigned bits, bool big) : wide_(bits == 64), big_(big) {
        const std::string strings = std::string("\0malloc\0free\0libneeded.so.1\0libmade.so.1\0", 41);
        const unsigned    word = wide_ ? 8 : 4, header = wide_ ? 64 : 52, program_header = wide_ ? 56 : 32;
        const unsigned    symbol = wide_ ? 24 : 16, dynamic_at = header + 2 * program_header, entries = 6;
        const unsigned    strings_at = dynamic_at + entries * 2 * word, symbols_at = strings_at + 44, hash_at = symbols_at + 3 * symbol;
        const unsigned    total = hash_at + 6 * 4;
        text_ = std::string("\x7f" "ELF") + char(wide_ ? 2 : 1) + char(big ? 2 : 1) + char(1) + std::string(9, '\0');
        put(3, 2), put(big ? EM_PPC : EM_ARM, 2), put(1, 4);
        put(0, word), put(header, word), put(0, word), put(0, 4);
        put(header, 2), put(program_header, 2), put(2, 2), put(0, 2), put(0, 2), put(0, 2);
        segment(PT_LOAD, 0, total);
        segment(PT_DYNAMIC, dynamic_at, entries * 2 * word);
        for (const auto& [tag, value] : {std::pair{unsigned{DT_NEEDED}, 13u}, {DT_SONAME, 28u}, {DT_STRTAB, base + strings_at},
                                         {DT_SYMTAB, base + symbols_at}, {DT_HASH, base + hash_at}, {DT_NULL, 0u}})
            put(tag, word), put(value, word);
        text_ += strings + std::string(44 - strings.size(), '\0');
        text_ += std::string(symbol, '\0');
        symbol_entry(1, 0x1234, 1);
        symbol_entry(8, 0, 0);
        for (unsigned value : {1u, 3u, 1u, 0u, 2u, 0u}) put(value, 4);
    }
    const std::string& text() const { return text_; }

private:
    static constexpr unsigned base = 0x10000;
    void put(std::uint64_t value, unsigned size) {
        for (unsigned i = 0; i != size; ++i) text_ += static_cast<char>(value >> 8 * (big_ ? size - 1 - i : i) & 0xff);
    }
    void segment(unsigned type, unsigned offset, unsigned size) {
        const unsigned word = wide_ ? 8 : 4;
        put(type, 4);
        if (wide_) put(PF_R, 4);
        put(offset, word), put(base + offset, word), put(base + offset, word), put(size, word), put(size, word);
        if (!wide_) put(PF_R, 4);
        put(1, word);
    }
    void symbol_entry(unsigned name, unsigned value, unsigned section) {
        put(name, 4);
        if (!wide_) put(value, 4), put(0, 4);
        put(STB_GLOBAL << 4 | STT_FUNC, 1), put(0, 1), put(section, 2);
        if (wide_) put(value, 8), put(0, 8);
    }

    bool        wide_, big_;
    std::string text_;
};

}  // namespace

TEST_CASE("a library of this machine is read: what it is, needs and exports") {
    const elf_file file("/proc/self/exe");
    REQUIRE(file.ok());
    CHECK(file.kind().bits == sizeof(void*) * 8);
    CHECK_FALSE(file.interpreter().empty());
    CHECK(std::any_of(file.needed().begin(), file.needed().end(), [](const std::string& name) { return name.starts_with("libc.so"); }));
    CHECK(file.dynamic_address() != 0);

    const elf_file child(CLI_CHILD);
    REQUIRE(child.ok());
    CHECK(child.exported("malloc") == 0);  // it imports that one
    const elf_file own(CLI_OWN_MALLOC);
    CHECK(own.exported("malloc") != 0);
    CHECK(own.exported("mallo") == 0);
    CHECK(own.exported("no such name") == 0);
    const std::string_view names[] = {"main", "calloc"}, texts[] = {"not in there", "process %ld"};
    CHECK(own.defined_inside(names) == "main");
    CHECK(own.text_inside(texts) == "process %ld");
}

TEST_CASE("both word sizes and both byte orders are read") {
    const scratch_folder folder;
    for (const unsigned bits : {32u, 64u})
        for (const bool big : {false, true}) {
            CAPTURE(bits, big);
            const elf_file file(folder.file("made", made_elf(bits, big).text()));
            REQUIRE(file.ok());
            CHECK(file.kind().bits == bits);
            CHECK(file.kind().big_endian == big);
            CHECK(file.soname() == "libmade.so.1");
            CHECK(file.needed() == std::vector<std::string>{"libneeded.so.1"});
            CHECK(file.exported("malloc") == 0x1234);
            CHECK(file.exported("free") == 0);  // imported
            CHECK(file.first_address() == 0x10000);
        }
    CHECK(to_string(elf_file(folder.file("name", made_elf(32, true).text())).kind()) == "32-bit PowerPC big-endian");
}

TEST_CASE("what is no ELF file says so") {
    const scratch_folder folder;
    CHECK(elf_file(folder.path() + "/none").error() == "No such file or directory");
    CHECK(elf_file(folder.path()).error() == "a directory");
    CHECK(elf_file("/dev/null").error() == "not a regular file");
    CHECK(elf_file(folder.file("empty", "")).error() == "not an ELF file");
    CHECK(elf_file(folder.file("text", "#!/bin/sh\nexit 0\n")).error() == "not an ELF file");
    CHECK(elf_file(folder.file("class", std::string("\x7f" "ELF") + "\x09\x09" + std::string(100, 'x'))).error() == "an ELF file of an unknown class");
    const elf_file cut(folder.file("cut", bytes_of(CLI_CHILD).substr(0, 70)));
    CHECK_FALSE(cut.ok());
    CHECK(cut.is_elf());
}

TEST_CASE("a cut file exports nothing, and no garbage leads astray") {
    const scratch_folder        folder;
    const std::string           whole = bytes_of(CLI_OWN_MALLOC), made = made_elf(64, false).text();
    std::mt19937                random(20240607);  // the same garbage in every run
    const std::string_view      names[] = {"main"}, texts[] = {"process %ld"};
    const auto                  use_all = [&](const std::string& bytes) {
        const elf_file file(folder.file("garbage", bytes));
        // Whatever the answers are: they come, in time, and stay inside the file.
        CHECK(file.needed().size() <= 1u << 16);
        CHECK(file.interpreter().size() < 4096);
        if (!file.ok()) return std::uint64_t{0};
        (void)file.defined_inside(names);
        (void)file.text_inside(texts);
        return file.exported("malloc");
    };
    CHECK(use_all(whole) != 0);
    CHECK(use_all(made) != 0);
    for (std::size_t size = 0; size < made.size() - 24; size += 3) CHECK(use_all(made.substr(0, size)) == 0);
    for (int round = 0; round != 600; ++round) {
        std::string spoilt = round % 2 == 0 ? whole.substr(0, 16384) : made;
        for (unsigned hits = 1 + random() % 8; hits != 0; --hits) {
            const std::size_t at = random() % (round % 3 == 0 ? spoilt.size() : std::min<std::size_t>(spoilt.size(), 700));
            spoilt[at] = static_cast<char>(random() % 3 == 0 ? 0xff : random());
        }
        use_all(spoilt);
    }
}

TEST_CASE("hash chains that never end are left") {
    const scratch_folder folder;
    std::string          circle = made_elf(64, false).text();
    // The chain of symbol 2 (imported, never a match) leads to itself, and the bucket begins there.
    const std::size_t hash = circle.size() - 24;
    circle[hash + 8] = 2;
    circle[hash + 20] = 2;
    CHECK(elf_file(folder.file("circle", circle)).exported("malloc") == 0);
}
