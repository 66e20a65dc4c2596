#include "src/host_surroundings.hpp"

#include "src/platform/os.hpp"
#include "src/host_numbers.hpp"

namespace autopmr {
namespace {

using text = fixed_text<32>;

/// The runtime that a control group's path names; empty when it names none.
std::string_view runtime_in(std::string_view path) noexcept {
    constexpr struct {
        std::string_view part, name;
    } marks[] = {{"kubepods", "kubernetes"}, {"libpod", "podman"},          {"/docker/", "docker"},
                 {"/docker-", "docker"},     {"/lxc/", "lxc"},              {"/lxc.payload", "lxc"},
                 {"machine-", "nspawn"},     {"cri-containerd", "containerd"}, {"/containerd/", "containerd"}};
    for (const auto& mark : marks)
        if (path.find(mark.part) != std::string_view::npos) return mark.name;
    return {};
}

/// `container=name` in the environment of the first process, where this user may read that.
fixed_text<32> named_by_first_process(const host_files& files) noexcept {
    constexpr std::string_view key = "container=";
    line_reader                lines(files, "/proc/1/environ");
    for (std::string_view line; lines.next(line);)  // a value may hold newlines; variables end in NUL
        while (!line.empty()) {
            const auto variable = take_until(line, '\0');
            if (variable.substr(0, key.size()) == key) return fixed_text<32>(variable.substr(key.size()));
        }
    return {};
}

fact<bool> flag_of(const host_files& files, std::string_view path) noexcept {
    const file_text file = files.read(path);
    if (!file.ok()) return unknown<bool>(origin_text(path, file.why()));
    if (file.text() != "0" && file.text() != "1") return unknown<bool>(origin_quoting(path, "neither 0 nor 1:", file.text()));
    return found(file.text() == "1", origin_text(path));
}

}  // namespace

fact<fixed_text<32>> container_of(const host_files& files) noexcept {
    if (!files.environment("KUBERNETES_SERVICE_HOST").empty()) return found(text("kubernetes"), "KUBERNETES_SERVICE_HOST is set");
    if (files.exists("/run/.containerenv")) return found(text("podman"), "/run/.containerenv exists");
    if (const file_text manager = files.read("/run/systemd/container"); manager.ok() && !manager.text().empty())
        return found(text(manager.text()), "/run/systemd/container");
    if (const auto name = named_by_first_process(files); !name.empty()) return found(name, "/proc/1/environ: container=");
    if (const auto name = files.environment("container"); !name.empty()) return found(text(name.view()), "container= is set");

    bool any_file = false;
    for (const std::string_view path : {"/proc/self/cgroup", "/proc/1/cgroup"}) {
        line_reader lines(files, path);
        for (std::string_view line; lines.next(line); any_file = true)
            if (const auto name = runtime_in(line); !name.empty()) return found(text(name), origin_text(path));
    }
    if (files.exists("/.dockerenv")) return found(text("docker"), "/.dockerenv exists");
    if (!any_file) return unknown<text>("no mark of a container, but no /proc/self/cgroup to tell either");
    return found(text("none"), "no mark of a container in the environment, /run, / and /proc/1/cgroup");
}

fact<sanitizer> watching_of(const host_files& files) noexcept {
    constexpr std::string_view path = "/autopmr/watching";
    const file_text            file = files.this_machine() ? file_text() : files.read(path);
    if (!file.ok()) return unknown<sanitizer>(origin_text(path, file.why()));
    const auto name = files.this_machine() ? os::sanitizer_runtime() : file.text();
    for (const sanitizer each : {sanitizer::none, sanitizer::address, sanitizer::thread, sanitizer::memory, sanitizer::leak,
                                 sanitizer::hardware_address})
        if (to_string(each) == name) return found(each, files.this_machine() ? fixed_text<192>("the symbols of its runtime") : origin_text(path));
    return unknown<sanitizer>(origin_quoting(path, "not a sanitizer:", name));
}

fact<bool> valgrind_of(const host_files& files) noexcept {
    if (!files.this_machine()) return flag_of(files, "/autopmr/valgrind");
    return found(os::running_on_valgrind(), "asked Valgrind itself");
}

fact<bool> wine_of(const host_files& files) noexcept {
    if (!files.this_machine()) return flag_of(files, "/autopmr/wine");
    return found(os::running_on_wine(), "wine_get_version, which only Wine has");
}

}  // namespace autopmr
