#include "src/host_cgroup.hpp"
#include "src/host_numbers.hpp"

#include <limits>

namespace autopmr {
namespace {

using number = unsigned long long;
constexpr number none = std::numeric_limits<number>::max();
// What version 1 shows for "no limit": the largest signed number, rounded down to a page of up to a mebibyte.
constexpr number no_limit_v1 = (number{1} << 63) - (number{1} << 20);

struct path_text : fixed_text<1200> {
    path_text(std::string_view folder, std::string_view name) noexcept : fixed_text(folder) { append("/").append(name); }
};

/// The tightest number seen so far, and the first thing that could not be read on the way.
struct tightest {
    number           value = none;
    fixed_text<192>  origin;
    std::string_view folder;
    fixed_text<192>  complaint;
    bool             any_file = false;

    void offer(number offered, std::string_view file, std::string_view level) noexcept {
        // Equal limits: the upper level binds, because its usage holds the lower one's.
        if (offered == none || offered > value) return;
        value = offered;
        origin = origin_text(file);
        folder = level;
    }
    void complain(const fixed_text<192>& text) noexcept {
        if (complaint.empty()) complaint = text;
    }
    /// What a limit was read from, with what was not readable beside it.
    [[nodiscard]] fixed_text<192> explained() const noexcept {
        fixed_text<192> text = origin;
        if (!complaint.empty()) text.append("; not counted: ").append(complaint);
        return text;
    }
    [[nodiscard]] fixed_text<192> why_none(const cgroup_place& place, std::string_view what) const noexcept {
        if (!complaint.empty()) return complaint;
        fixed_text<96> note(any_file ? "no " : "no file that sets a ");
        note.append(what).append(any_file ? " is set here or above" : " is here or above");
        return origin_text(place.folder, note);
    }
};

/// Calls f(folder, is_lowest) for every level from the process's own up to the topmost that can be seen.
template <class F>
void each_level(const cgroup_place& place, F f) noexcept {
    std::string_view folder = place.folder.view();
    f(folder, true);
    while (folder.size() > place.top) {
        const auto end = folder.rfind('/');
        folder = folder.substr(0, end == std::string_view::npos || end < place.top ? place.top : end);
        f(folder, false);
    }
}

/// A file that holds a number or "max". False when it says nothing: missing, or not such a file (then it is complained of).
bool read_limit(const host_files& files, std::string_view path, number& out, tightest& best) noexcept {
    const file_text file = files.read(path);
    if (!file.ok()) {
        if (!file.missing()) best.complain(origin_text(path, file.why()));
        return false;
    }
    best.any_file = true;
    if (file.text() == "max") out = none;
    else if (!parse_number(file.text(), out)) {
        best.complain(origin_quoting(path, "not a number of bytes:", file.text()));
        return false;
    }
    return true;
}

fact<std::size_t> read_bytes(const host_files& files, std::string_view path) noexcept {
    const file_text file = files.read(path);
    number          bytes = 0;
    if (!file.ok()) return unknown<std::size_t>(origin_text(path, file.why()));
    if (!parse_number(file.text(), bytes) || bytes > std::numeric_limits<std::size_t>::max())
        return unknown<std::size_t>(origin_quoting(path, "not a number of bytes:", file.text()));
    return found(static_cast<std::size_t>(bytes), origin_text(path));
}

/// Version 1 alone tells, in the lowest level, the tightest limit of all ancestors, also of those a container can't see.
number hierarchical_limit_v1(const host_files& files, std::string_view path) noexcept {
    constexpr std::string_view key = "hierarchical_memory_limit ";
    line_reader                lines(files, path);
    for (std::string_view line; lines.next(line);) {
        number limit = 0;
        if (line.substr(0, key.size()) == key && parse_number(trimmed(line.substr(key.size())), limit)) return limit;
    }
    return none;
}

bool counts_children_v1(const host_files& files, std::string_view folder) noexcept {
    return files.read(path_text(folder, "memory.use_hierarchy")).text() != "0";
}

/// "50000 100000" (v2), or two files (v1): microseconds of CPU time in a period.
void offer_quota(std::string_view quota, std::string_view period, std::string_view path, std::string_view folder,
                 tightest& best) noexcept {
    best.any_file = true;
    if (quota == "max" || quota == "-1") return;
    number time = 0, length = 0;
    if (!parse_number(quota, time) || time == 0 || time > none / 100)
        best.complain(origin_quoting(path, "not a quota of CPU time:", quota));
    else if (!parse_number(period, length) || length == 0)
        best.complain(origin_quoting(path, "not a period of CPU time:", period));
    else best.offer(time * 100 / length + (time * 100 % length != 0), path, folder);
}

}  // namespace

memory_bounds memory_bounds_of(const host_files& files, const cgroup_place& place, fact<std::size_t> physical) noexcept {
    if (place.folder.empty()) return {unknown<std::size_t>(place.why), unknown<std::size_t>(place.why)};
    const bool v1 = place.listed_in_v1;
    tightest   best;
    each_level(place, [&](std::string_view folder, bool lowest) {
        if (v1 && !lowest && !counts_children_v1(files, folder)) return;
        const auto look = [&](std::string_view name) {
            const path_text path(folder, name);
            number          limit = none;
            if (!read_limit(files, path, limit, best)) return;
            if ((v1 && limit >= no_limit_v1) || (physical && limit >= physical.value)) limit = none;
            best.offer(limit, path, folder);
        };
        if (v1) look("memory.limit_in_bytes");
        else {
            look("memory.high");
            look("memory.max");
        }
    });
    bool hidden = false;
    if (v1) {
        const path_text path(place.folder, "memory.stat");
        const number    limit = hierarchical_limit_v1(files, path);
        hidden = limit < best.value && limit < no_limit_v1 && (!physical || limit < physical.value);
        if (hidden) best.offer(limit, origin_text(path, "hierarchical_memory_limit"), {});
    }
    if (best.value > std::numeric_limits<std::size_t>::max() || best.value == none) {
        const auto why = best.why_none(place, physical ? "memory limit below the physical memory" : "memory limit");
        return {unknown<std::size_t>(why), unknown<std::size_t>("no limit, so no level to read it at")};
    }
    memory_bounds bounds;
    bounds.limit = found(static_cast<std::size_t>(best.value), best.explained());
    bounds.usage = hidden ? unknown<std::size_t>("the level that sets the limit can't be seen from here")
                          : read_bytes(files, path_text(best.folder, v1 ? "memory.usage_in_bytes" : "memory.current"));
    return bounds;
}

fact<unsigned> quota_percent(const host_files& files, const cgroup_place& place) noexcept {
    if (place.folder.empty()) return unknown<unsigned>(place.why);
    tightest best;
    each_level(place, [&](std::string_view folder, bool) {
        const path_text path(folder, place.listed_in_v1 ? "cpu.cfs_quota_us" : "cpu.max");
        const file_text file = files.read(path);
        if (!file.ok()) {
            if (!file.missing()) best.complain(origin_text(path, file.why()));
            return;
        }
        std::string_view text = file.text();
        const auto       quota = take_until(text, ' ');
        if (place.listed_in_v1)
            offer_quota(quota, files.read(path_text(folder, "cpu.cfs_period_us")).text(), path, folder, best);
        else offer_quota(quota, text, path, folder, best);
    });
    if (best.value > std::numeric_limits<unsigned>::max()) return unknown<unsigned>(best.why_none(place, "CPU quota"));
    return found(static_cast<unsigned>(best.value), best.explained());
}

fact<unsigned> cpuset_cpus(const host_files& files, const cgroup_place& place) noexcept {
    if (place.folder.empty()) return unknown<unsigned>(place.why);
    fact<unsigned> cpus = unknown<unsigned>(origin_text(place.folder, "no cpuset is here or above"));
    bool           done = false;
    each_level(place, [&](std::string_view folder, bool) {
        if (done) return;  // the lowest level that has one has already been cut down to those above it
        for (const std::string_view name : {"cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"}) {
            const path_text path(folder, name);
            const file_text file = files.read(path);
            unsigned        size = 0;
            if (file.missing() || (file.ok() && file.text().empty())) continue;
            done = true;
            if (!file.ok()) cpus = unknown<unsigned>(origin_text(path, file.why()));
            else if (!parse_list_size(file.text(), size)) cpus = unknown<unsigned>(origin_quoting(path, "not a list of CPUs:", file.text()));
            else cpus = found(size, origin_text(path));
            return;
        }
    });
    return cpus;
}

}  // namespace autopmr
