#include "src/host_cgroup.hpp"

#include "src/host_numbers.hpp"

namespace autopmr {
namespace {

constexpr std::string_view membership = "/proc/self/cgroup";
constexpr std::string_view mounts = "/proc/self/mountinfo";

bool lists(std::string_view list, std::string_view word) noexcept {
    while (!list.empty())
        if (take_until(list, ',') == word) return true;
    return false;
}

/// mountinfo writes space, tab, newline and backslash as \ooo.
fixed_text<1024> unescaped(std::string_view text) noexcept {
    fixed_text<1024> plain;
    for (std::size_t i = 0; i != text.size();) {
        const auto digit = [&](std::size_t at) { return static_cast<unsigned>(text[i + at] - '0'); };
        if (text[i] == '\\' && text.size() - i > 3 && digit(1) < 4 && digit(2) < 8 && digit(3) < 8) {
            const char c = static_cast<char>(digit(1) * 64 + digit(2) * 8 + digit(3));
            plain.append(std::string_view(&c, 1));
            i += 4;
        } else {
            plain.append(text.substr(i++, 1));
        }
    }
    return plain;
}

/// One line of /proc/self/cgroup: number:controllers:path, and 0::path for version 2.
void read_membership(std::string_view line, cgroup_place& place) noexcept {
    const auto number = take_until(line, ':');
    const auto controllers = take_until(line, ':');
    if (line.empty() || line.front() != '/') return;
    const bool v1 = lists(controllers, place.controller);
    const bool v2 = number == "0" && controllers.empty();
    if (!v1 && (!v2 || place.listed_in_v1)) return;
    place.listed_in_v1 = v1;
    place.inside = fixed_text<1024>(line);
}

/// One line of mountinfo. Of several mounts that show our folder, the one that shows the most levels above it wins.
void read_mount(std::string_view line, cgroup_place& place) noexcept {
    for (int skipped = 0; skipped != 3; ++skipped) take_until(line, ' ');
    const auto root = unescaped(take_until(line, ' '));
    const auto point = unescaped(take_until(line, ' '));
    const auto separator = line.find(" - ");
    if (separator == std::string_view::npos) return;
    line.remove_prefix(separator + 3);
    const auto type = take_until(line, ' ');
    take_until(line, ' ');  // source
    if (type != (place.listed_in_v1 ? "cgroup" : "cgroup2")) return;
    if (place.listed_in_v1 && !lists(trimmed(line), place.controller)) return;

    std::string_view       below = place.inside.view();
    const std::string_view hidden = root.view() == "/" ? std::string_view() : root.view();
    const bool             outside = below.substr(0, 3) == "/.." || hidden.substr(0, 3) == "/..";
    if (outside || below.substr(0, hidden.size()) != hidden ||
        (below.size() > hidden.size() && !hidden.empty() && below[hidden.size()] != '/')) {
        if (place.folder.empty())
            place.why = origin_text(mounts, fixed_text<128>("the process is in ").append(below).append(", which the mount of ")
                                                .append(root).append(" does not show"));
        return;
    }
    if (!place.folder.empty() && place.hidden <= hidden.size()) return;
    below.remove_prefix(hidden.size());
    while (!below.empty() && below.back() == '/') below.remove_suffix(1);
    place.top = point.view().size();
    place.hidden = hidden.size();
    place.folder = point;
    place.folder.append(below);
    if (place.folder.cut() || place.inside.cut()) {
        place.folder.clear();
        place.why = origin_text(mounts, "the path of the control group is too long");
    }
}

}  // namespace

void locate(const host_files& files, cgroup_places& places) noexcept {
    cgroup_place* const all[] = {&places.memory, &places.cpu, &places.cpuset};
    {
        line_reader lines(files, membership);
        for (std::string_view line; lines.next(line);)
            for (cgroup_place* place : all) read_membership(line, *place);
        for (cgroup_place* place : all)
            if (place->inside.empty())
                place->why = origin_text(membership, lines.why().empty() ? "no line for this controller" : lines.why());
    }
    line_reader lines(files, mounts);
    bool        whole = false;  // nothing better can come
    for (std::string_view line; !whole && lines.next(line);) {
        whole = true;
        for (cgroup_place* place : all) {
            if (!place->inside.empty()) read_mount(line, *place);
            whole = whole && (place->inside.empty() || (!place->folder.empty() && place->hidden == 0));
        }
    }
    for (cgroup_place* place : all)
        if (place->folder.empty() && place->why.empty())
            place->why = origin_text(mounts, lines.why().empty() ? "no mount of this controller" : lines.why());
}

}  // namespace autopmr
