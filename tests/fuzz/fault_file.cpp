// The reader of saved fault reports on any bytes: as they are, or as changes to a report that is whole, which come deeper.
#include "src/formats/fault_file.hpp"

#include "src/formats/fault_file_layout.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

using namespace autopmr;

namespace {

void expect(bool holds) {
    if (!holds) __builtin_trap();
}

std::string whole() {
    using namespace fault_layout;
    file_header head{};
    std::memcpy(head.mark, file_mark, sizeof file_mark);
    head.version = version;
    head.byte_order = byte_order;
    head.report_version = 2;
    head.resource_bytes = 4;
    head.subsystem_bytes = 3;
    head.allocated.depth = 12;
    std::string file(reinterpret_cast<const char*>(&head), sizeof head);
    file += "namesub";
    for (std::uint64_t i = 0; i != 3; ++i) {
        const mapping_header one{mapping_mark, 5, i << 12, (i + 1) << 12, 0};
        file.append(reinterpret_cast<const char*>(&one), sizeof one).append("/file");
    }
    const mapping_header end{end_mark, 0, 0, 0, 0};
    return file.append(reinterpret_cast<const char*>(&end), sizeof end);
}

/// An odd first byte: then changes of three bytes each, a place and what it becomes, and where the file is cut.
std::string file_of(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || data[0] % 2 == 0) return {reinterpret_cast<const char*>(data), size};
    std::string file = whole();
    for (std::size_t i = 1; i + 3 <= size; i += 3) {
        const std::size_t place = (data[i] | std::size_t{data[i + 1]} << 8) % (file.size() + 1);
        if (place == file.size()) file.resize(file.size() * data[i + 2] / 256);
        else file[place] = static_cast<char>(data[i + 2]);
        if (file.empty()) break;
    }
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string file = file_of(data, size);
    const saved_fault fault = read_fault(file);
    if (!fault.ok()) {
        expect(fault.mappings.empty() && fault.found.frames.empty() && fault.damage.empty());
        return 0;
    }
    expect(file.size() >= sizeof(fault_layout::file_header) && fault.version == fault_layout::version);
    expect(fault.resource.size() + fault.subsystem.size() <= file.size());
    expect(fault.mappings.size() <= file.size() / sizeof(fault_layout::mapping_header));
    for (const saved_mapping& one : fault.mappings) expect(one.begin < one.end && one.file.size() <= fault_layout::longest_name);
    for (const saved_moment* moment : {&fault.found, &fault.allocated, &fault.deallocated}) {
        expect(moment->frames.size() <= fault_moment::most_frames);
        for (const std::uint64_t frame : moment->frames) {
            const saved_mapping* const at = fault.mapping_of(frame);
            expect(at == nullptr || (at->begin < frame && frame <= at->end));
        }
    }
    expect(*to_string(fault.kind) != 0 && *to_string(fault.access) != 0 && *to_string(fault.state) != 0);
    return 0;
}
