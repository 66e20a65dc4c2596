// A whole subsystem under a guard in tests: from code here, with `guard = "canary"` in a policy file for whoever runs them.
#include <autopmr/autopmr.hpp>

#include <iostream>
#include <memory_resource>

namespace {
int faults = 0;
autopmr::fault_answer count(const autopmr::fault_report& fault) noexcept {
    autopmr::write_fault(fault);
    ++faults;
    return autopmr::fault_answer::quarantine;  // a test goes on; the default writes and aborts
}
}  // namespace

int main() {
    // [subsystem]
    autopmr::subsystem_options watched;
    watched.under = autopmr::guard::canary;
    autopmr::configure("parser", watched).value_or_throw();
    autopmr::set_fault_handler(count);

    std::pmr::memory_resource& names = autopmr::subsystem("parser.names");  // all below inherit it
    auto* const                name = static_cast<char*>(names.allocate(5, 1));
    name[5] = '\0';  // one too many
    names.deallocate(name, 5, 1);
    std::cout << faults << " fault\n";
    // [/subsystem]
    return faults == 1 ? 0 : 1;
}
