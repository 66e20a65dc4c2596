// Prints what the environment's policy made of subsystem "full.net", whose first allocation loads it.
#include <autopmr/selector.hpp>
#include <autopmr/subsystem.hpp>

#include <cstdio>

int main() {
    autopmr::subsystem_resource& net = autopmr::subsystem("full.net");
    net.deallocate(net.allocate(1), 1);
    const autopmr::policy_result& result = autopmr::load_policy_from_environment();
    const auto                    settings = net.settings();
    const auto                    text = [](std::string_view t) { return std::string(t); };
    std::printf("%s limit %s from %s, %s\n", result.ok() ? "good:" : ("error: " + text(result.error())).c_str(),
        settings.limit == autopmr::subsystem_options::no_limit ? "none" : std::to_string(settings.limit).c_str(),
        text(settings.limit_from).c_str(), text(net.usage().backend).c_str());
    const autopmr::decision made = autopmr::select();
    std::printf("select: %s; the root: %s\n", made.ok() ? text(made.chosen->name).c_str() : text(made.error()).c_str(),
        text(autopmr::subsystem("").settings().backend_from).c_str());
}
