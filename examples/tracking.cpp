// Who still holds what: every live block with the calls that led to it.
#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <memory_resource>
#include <string>
#include <vector>

namespace {

std::pmr::vector<int> make_numbers(std::pmr::memory_resource& from) { return std::pmr::vector<int>(100, 7, &from); }

}  // namespace

int main() {
    // [tracking]
    autopmr::tracking_options options;
    options.at_end = autopmr::leak_answer::fault;  // a leak ends the program; the default writes a report
    autopmr::tracking_resource tracking(options);

    const std::pmr::vector<int> numbers = make_numbers(tracking);
    const std::string           report = tracking.report();  // by call site, most bytes first
    std::printf("%s", report.c_str());
    // [/tracking]
    return report.find("tracking: 400 bytes live in 1 block from 1 call site\n") == 0 ? 0 : 1;
}
