// The reader of saved fault reports, on files that are whole, cut, flipped and made up.
#include "src/formats/fault_file.hpp"

#include <autopmr/fault_handler.hpp>

#include "src/formats/fault_file_layout.hpp"
#include "support/sanitized.hpp"
#include "support/traces.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

using namespace autopmr;
using namespace autopmr_test;
using namespace autopmr::fault_layout;

namespace {

// docs/fault-format.md has these numbers.
static_assert(offsetof(file_header, version) == 8 && offsetof(file_header, byte_order) == 12 && offsetof(file_header, report_version) == 16 &&
              offsetof(file_header, kind) == 20 && offsetof(file_header, access) == 24 && offsetof(file_header, state) == 28 &&
              offsetof(file_header, resource_bytes) == 32 && offsetof(file_header, subsystem_bytes) == 36 && offsetof(file_header, process) == 40);
static_assert(offsetof(file_header, address) == 48 && offsetof(file_header, expected_bytes) == 56 && offsetof(file_header, expected_alignment) == 64 &&
              offsetof(file_header, given_bytes) == 72 && offsetof(file_header, given_alignment) == 80 && offsetof(file_header, block) == 88 &&
              offsetof(file_header, past_end) == 96 && offsetof(file_header, before_start) == 104 && offsetof(file_header, frees_ago) == 112);
static_assert(offsetof(file_header, found) == 120 && offsetof(file_header, allocated) == 240 && offsetof(file_header, deallocated) == 360);
static_assert(offsetof(moment, thread) == 8 && offsetof(moment, depth) == 16 && offsetof(moment, frames) == 24 && sizeof(moment) == 120);
static_assert(offsetof(mapping_header, name_bytes) == 4 && offsetof(mapping_header, begin) == 8 && offsetof(mapping_header, end) == 16 &&
              offsetof(mapping_header, offset) == 24);

const void* at(std::uintptr_t address) { return reinterpret_cast<const void*>(address); }

fault_report made_up() {
    fault_report report;
    report.kind = fault_kind::use_after_free;
    report.access = fault_access::write;
    report.state = block_state::freed;
    report.address = at(0x1043);
    report.resource = "guarded";
    report.subsystem = "parser of mails";
    report.expected_bytes = 64;
    report.expected_alignment = 16;
    report.given_bytes = 7;
    report.given_alignment = 8;
    report.block = at(0x1000);
    report.past_end = 4;
    report.before_start = 9;
    report.frees_ago = 77;
    report.found = {11, 12, 2, {at(1), at(2)}};
    report.allocated = {21, 22, fault_moment::most_frames, {at(31), at(32), at(33), at(34), at(35), at(36), at(37), at(38), at(39), at(40), at(41), at(42)}};
    report.deallocated = {51, 52, 0, {}};
    report.found.frames[0] = reinterpret_cast<const void*>(&made_up);
    return report;
}

std::string saved(const fault_report& report) {
    const trace_path path;
    REQUIRE(save_fault(report, path.text().c_str()));
    return bytes_of(path);
}

/// With two mappings that we chose, in place of this program's, which are many.
std::string small_file() {
    std::string       file = saved(made_up());
    const std::size_t names = std::strlen("guarded") + std::strlen("parser of mails");
    file.resize(sizeof(file_header) + names);
    const auto add = [&file](std::uint32_t mark, std::uint64_t begin, std::uint64_t end, std::uint64_t offset, const std::string& name) {
        const mapping_header header{mark, static_cast<std::uint32_t>(name.size()), begin, end, offset};
        file.append(reinterpret_cast<const char*>(&header), sizeof header);
        file += name;
    };
    add(mapping_mark, 0x1000, 0x2000, 0x500, "/lib/one");
    add(mapping_mark, 0x2000, 0x3000, 0, "");
    add(end_mark, 0, 0, 0, "");
    return file;
}

constexpr std::size_t first_name = sizeof(file_header), first_mapping = first_name + 7 + 15, second_mapping = first_mapping + sizeof(mapping_header) + 8;

template <class Value>
std::string with(std::string file, std::size_t where, Value value) {
    return file.replace(where, sizeof value, reinterpret_cast<const char*>(&value), sizeof value);
}

void fails(const std::string& file, const char* words) {
    const saved_fault fault = read_fault(file);
    CAPTURE(fault.error);
    CHECK_FALSE(fault.ok());
    CHECK(fault.error.find(words) == 0);
    CHECK(fault.mappings.empty());
}

std::string is_damaged(const std::string& file) {
    const saved_fault fault = read_fault(file);
    CHECK(fault.ok());
    CHECK(fault.block == 0x1000);
    return fault.damage;
}

/// The same file, as a machine of the other byte order writes it.
std::string turned(std::string file) {
    const auto turn = [&file](std::size_t where, std::size_t bytes) {
        const auto begin = file.begin() + static_cast<std::ptrdiff_t>(where);
        std::reverse(begin, begin + static_cast<std::ptrdiff_t>(bytes));
    };
    for (std::size_t i = offsetof(file_header, version); i != offsetof(file_header, process); i += 4) turn(i, 4);
    for (std::size_t i = offsetof(file_header, process); i != sizeof(file_header); i += 8) turn(i, 8);
    for (const std::size_t mapping : {first_mapping, second_mapping, second_mapping + sizeof(mapping_header)}) {
        turn(mapping, 4);
        turn(mapping + 4, 4);
        for (std::size_t i = 8; i != sizeof(mapping_header); i += 8) turn(mapping + i, 8);
    }
    return file;
}

}  // namespace

TEST_CASE("what was saved is read as it was") {
    const fault_report report = made_up();
    const saved_fault  fault = read_fault(saved(report));
    REQUIRE(fault.ok());
    CHECK(fault.damage.empty());
    CHECK(fault.version == 1);
    CHECK(fault.report_version == 2);
    CHECK(fault.kind == report.kind);
    CHECK(fault.access == report.access);
    CHECK(fault.state == report.state);
    CHECK(fault.resource == "guarded");
    CHECK(fault.subsystem == "parser of mails");
    CHECK(fault.process == static_cast<std::uint64_t>(::getpid()));
    CHECK(fault.address == 0x1043);
    CHECK(fault.expected_bytes == 64);
    CHECK(fault.expected_alignment == 16);
    CHECK(fault.given_bytes == 7);
    CHECK(fault.given_alignment == 8);
    CHECK(fault.block == 0x1000);
    CHECK(fault.past_end == 4);
    CHECK(fault.before_start == 9);
    CHECK(fault.frees_ago == 77);
    CHECK(fault.found.sequence == 11);
    CHECK(fault.found.thread == 12);
    CHECK(fault.found.frames == std::vector<std::uint64_t>{reinterpret_cast<std::uintptr_t>(&made_up), 2});
    CHECK(fault.allocated.frames == std::vector<std::uint64_t>{31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42});
    CHECK(fault.deallocated.sequence == 51);
    CHECK(fault.deallocated.frames.empty());
#if defined(__linux__)
    const saved_mapping* const own = fault.mapping_of(fault.found.frames[0] + 1);
    REQUIRE(own != nullptr);
    CHECK(own->file.find("fault_file") != std::string::npos);
#endif
}

TEST_CASE("names and depths that a report can't have are cut when it is saved") {
    fault_report report = made_up();
    const std::string long_name(5000, 'n');
    report.resource = long_name.c_str();
    report.subsystem = nullptr;
    report.found.depth = 1u << 30;
    const saved_fault fault = read_fault(saved(report));
    CHECK(fault.ok());
    CHECK(fault.damage.empty());
    CHECK(fault.resource == long_name.substr(0, 4096));
    CHECK(fault.subsystem.empty());
    CHECK(fault.found.frames.size() == fault_moment::most_frames);
}

TEST_CASE("a return address belongs to the mapping of the call before it") {
    const saved_fault fault = read_fault(small_file());
    REQUIRE(fault.mappings.size() == 2);
    CHECK(fault.mappings[0].file == "/lib/one");
    CHECK(fault.mappings[0].offset == 0x500);
    CHECK(fault.mapping_of(0x1000) == nullptr);
    CHECK(fault.mapping_of(0x1001) == &fault.mappings[0]);
    CHECK(fault.mapping_of(0x2000) == &fault.mappings[0]);
    CHECK(fault.mapping_of(0x2001) == &fault.mappings[1]);
    CHECK(fault.mapping_of(0x3001) == nullptr);
}

TEST_CASE("what is no saved report is refused, with the place where that shows") {
    const std::string good = small_file();
    fails("", "no saved fault report: its mark is missing at offset 0");
    fails("AUTOPMR", "no saved fault report: its mark is missing at offset 0");
    fails("AUTOPMRT" + good.substr(8), "no saved fault report: its mark is missing at offset 0");
    fails(std::string(5000, 'x'), "no saved fault report: its mark is missing at offset 0");
    fails(with(good, offsetof(file_header, version), std::uint32_t{2}), "version 2, where 1 can be read, at offset 8");
    fails(with(good, offsetof(file_header, version), std::uint32_t{0}), "version 0, where 1 can be read, at offset 8");
    fails(with(good, offsetof(file_header, byte_order), std::uint32_t{0x01020305}), "unknown byte order at offset 12");
    CHECK(read_fault_file("/no/such/report").error == "/no/such/report: can't be read: No such file or directory");
    CHECK(read_fault_file("/").error == "/: can't be read: Is a directory");
    CHECK(read_fault_file("/dev/zero").error == "/dev/zero: can't be read: it is too large for a saved fault report");
}

TEST_CASE("a report of the other byte order is read the same") {
    const saved_fault a = read_fault(small_file()), b = read_fault(turned(small_file()));
    REQUIRE(b.ok());
    CHECK(b.damage.empty());
    CHECK(b.version == 1);
    CHECK(b.kind == a.kind);
    CHECK(b.resource == a.resource);
    CHECK(b.subsystem == a.subsystem);
    CHECK(b.address == a.address);
    CHECK(b.frees_ago == a.frees_ago);
    CHECK(b.found.frames == a.found.frames);
    CHECK(b.allocated.frames == a.allocated.frames);
    REQUIRE(b.mappings.size() == 2);
    CHECK(b.mappings[0].begin == 0x1000);
    CHECK(b.mappings[0].offset == 0x500);
    fails(with(turned(small_file()), offsetof(file_header, version), std::uint32_t{1}), "version 16777216, where 1 can be read, at offset 8");
}

TEST_CASE("a report that is cut anywhere gives what is whole, and says where it ends") {
    const std::string good = small_file();
    for (std::size_t size = 0; size != good.size(); ++size) {
        const saved_fault part = read_fault(std::string_view(good).substr(0, size));
        CAPTURE(size, part.error, part.damage);
        if (size < sizeof(file_header)) {
            REQUIRE_FALSE(part.ok());
            REQUIRE(part.error == (size < 8 ? std::string("no saved fault report: its mark is missing at offset 0") : "the file ends in its header at offset " + std::to_string(size)));
            continue;
        }
        REQUIRE(part.ok());
        REQUIRE(part.frees_ago == 77);
        REQUIRE(part.resource == (size < first_name + 7 ? "" : "guarded"));
        REQUIRE(part.mappings.size() == (size < second_mapping ? 0u : size < second_mapping + sizeof(mapping_header) ? 1u : 2u));
        REQUIRE(part.damage.find("the file ends ") == 0);
        REQUIRE(part.damage.find(" at offset ") != std::string::npos);
    }
    CHECK(read_fault(good).damage.empty());
    CHECK(read_fault(good + "and more").damage.empty());  // what comes after the end is not ours
}

TEST_CASE("what makes no sense in a report is said with its offset") {
    const std::string good = small_file();
    CHECK(is_damaged(with(good, offsetof(file_header, resource_bytes), std::uint32_t{4097})) == "a name of 4097 bytes at offset 480");
    CHECK(is_damaged(with(good, offsetof(file_header, subsystem_bytes), ~std::uint32_t{0})) == "a name of 4294967295 bytes at offset 487");
    CHECK(is_damaged(with(good, offsetof(file_header, subsystem_bytes), std::uint32_t{4096})) == "the file ends in a name at offset 487");
    CHECK(is_damaged(with(good, offsetof(file_header, allocated) + offsetof(moment, depth), ~std::uint64_t{0})) ==
          "a stack of 18446744073709551615 frames at offset 256");
    CHECK(is_damaged(with(good, first_mapping, std::uint32_t{1})) == "no mapping begins, where one should, at offset 502");
    CHECK(is_damaged(with(good, first_mapping + offsetof(mapping_header, name_bytes), ~std::uint32_t{0})) == "a name of 4294967295 bytes at offset 534");
    CHECK(is_damaged(with(good, first_mapping + offsetof(mapping_header, begin), ~std::uint64_t{0})) == "a mapping that ends before it begins at offset 502");
    // The report stands, whatever its numbers mean to a newer writer.
    const saved_fault newer = read_fault(with(with(good, offsetof(file_header, kind), std::uint32_t{5000}), offsetof(file_header, state), ~std::uint32_t{0}));
    CHECK(newer.ok());
    CHECK(std::string(to_string(newer.kind)) == to_string(fault_kind::unknown));
    CHECK(std::string(to_string(newer.state)) == to_string(block_state::unknown));
}

TEST_CASE("no bytes make the reader of reports do anything but read") {
    const std::string files[] = {small_file(), turned(small_file()), saved(made_up())};
    std::uint32_t     seed = 11;
    const auto        next = [&seed] { return seed = seed * 1664525u + 1013904223u, seed >> 8; };
    const auto        place = [&next](const std::string& file) {
        // Where lengths and marks stand more often than elsewhere.
        constexpr std::size_t weak[] = {8, 12, 16, 20, 32, 36, 136, 256, 376, first_mapping, first_mapping + 4, second_mapping, second_mapping + 4};
        return (next() % 2 == 0 ? weak[next() % std::size(weak)] : next()) % file.size();
    };
    const int   rounds = under_tsan || under_asan ? 3000 : 30000;
    std::size_t damaged = 0, refused = 0, whole = 0;
    for (int round = 0; round != rounds; ++round) {
        std::string file = files[next() % std::size(files)];
        for (unsigned changes = 1 + next() % 8; changes != 0; --changes) {
            const std::size_t where = place(file);
            switch (next() % 5) {
                case 0: file[where] = static_cast<char>(next()); break;
                case 1: file[where] = static_cast<char>(file[where] ^ (1 << next() % 8)); break;
                case 2: if (next() % 4 == 0) file.resize(1 + next() % file.size()); break;
                case 3: file.insert(where, next() % 64, static_cast<char>(0xff)); break;
                default:
                    for (std::size_t i = where; i != std::min(file.size(), where + 8); ++i) file[i] = static_cast<char>(0xff);
            }
        }
        const saved_fault fault = read_fault(file);
        if (!fault.ok()) ++refused;
        else ++(fault.damage.empty() ? whole : damaged);
        REQUIRE(fault.mappings.size() <= file.size() / sizeof(mapping_header));
        REQUIRE(fault.resource.size() + fault.subsystem.size() <= file.size());
        for (const saved_moment* one : {&fault.found, &fault.allocated, &fault.deallocated}) {
            REQUIRE(one->frames.size() <= fault_moment::most_frames);
            for (const std::uint64_t frame : one->frames) {
                const saved_mapping* const known = fault.mapping_of(frame);
                REQUIRE((known == nullptr || (known->begin < frame && frame <= known->end)));
            }
        }
    }
    CHECK(refused != 0);
    CHECK(damaged != 0);
    CHECK(whole != 0);
}
