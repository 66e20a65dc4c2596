#pragma once
/// \file
/// For tests of tracing: a file's name that is this test's own, and what a file says in all.

#include "src/formats/trace.hpp"
#include "support/catch.hpp"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace autopmr_test {

/// Not made; gone afterwards, with those of children.
class trace_path {
public:
    trace_path() {
        static int last = 0;
        path_ = std::filesystem::temp_directory_path() /
                ("autopmr-trace." + std::to_string(::getpid()) + "." + std::to_string(++last));
    }
    trace_path(const trace_path&) = delete;
    trace_path& operator=(const trace_path&) = delete;
    ~trace_path() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
        for (const std::string& child : children()) std::filesystem::remove(child, ignored);
    }
                             operator const std::string&() const { return path_; }
    const std::string&       text() const { return path_; }
    std::vector<std::string> children() const {
        std::vector<std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(path_).parent_path()))
            if (entry.path().string().rfind(path_ + ".", 0) == 0) all.push_back(entry.path());
        return all;
    }

private:
    std::string path_;
};

inline std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline autopmr::trace_contents undamaged(const std::string& path) {
    autopmr::trace_contents contents = autopmr::read_trace_file(path.c_str());
    INFO(contents.error << contents.damage);
    CHECK(contents.ok());
    CHECK(contents.damage.empty());
    return contents;
}

struct trace_totals {
    std::size_t allocations = 0, deallocations = 0, failures = 0, bytes = 0, freed_bytes = 0;
    std::size_t unmatched = 0;  ///< frees of what was not live with that size and alignment, and blocks at live addresses
    std::size_t live = 0;       ///< blocks at the end, whatever the order between threads
};

inline trace_totals totals_of(const std::vector<autopmr::traced_event>& events) {
    using autopmr::trace_op;
    trace_totals                                                                               all;
    std::map<std::pair<std::uint16_t, std::uint64_t>, std::pair<std::uint64_t, std::uint64_t>> live;
    std::map<std::pair<std::uint16_t, std::uint64_t>, int>                                     balance;
    for (const auto& event : events) {
        const std::pair place{event.subsystem, event.address};
        const std::pair shape{event.bytes, event.alignment};
        if (event.op == trace_op::allocate) {
            ++all.allocations;
            all.bytes += event.bytes;
            ++balance[place];
            if (!live.emplace(place, shape).second) ++all.unmatched;
        } else if (event.op == trace_op::deallocate) {
            ++all.deallocations;
            all.freed_bytes += event.bytes;
            --balance[place];
            const auto found = live.find(place);
            if (found == live.end() || found->second != shape) ++all.unmatched;
            else live.erase(found);
        } else ++all.failures;
    }
    for (const auto& [place, count] : balance) all.live += count > 0 ? 1 : 0;
    return all;
}

}  // namespace autopmr_test
