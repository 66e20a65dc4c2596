// Asking why, here and for another machine. Nothing is installed by asking.
#include <autopmr/autopmr.hpp>

#include <iostream>

int main() {
    // [asking_why]
    const autopmr::decision here = autopmr::select();
    std::cout << here.line() << "\n\n" << here.table() << '\n';

    autopmr::request phone;
    phone.where = {autopmr::operating_system::ios, autopmr::c_library::darwin};
    std::cout << autopmr::choose(phone).line() << '\n';
    // [/asking_why]
    return here.ok() && autopmr::choose(phone).chosen->name == "system" ? 0 : 1;
}
