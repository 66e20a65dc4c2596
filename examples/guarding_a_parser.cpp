// A buffer that parses untrusted input, on pages of its own: one byte too many stops at the access, in production too.
#include <autopmr/autopmr.hpp>

#include <cstddef>
#include <iostream>
#include <memory_resource>
#include <span>
#include <vector>

// A record is a length and so many bytes. A careless reader would believe the length.
static int sum_of(std::span<const std::byte> message) {
    const auto length = std::to_integer<std::size_t>(message[0]);
    int        sum = 0;
    for (std::size_t i = 1; i <= length && i < message.size(); ++i) sum += std::to_integer<int>(message[i]);
    return sum;
}

int main() {
    // [parser]
    static autopmr::page_guarded_resource guarded;
    autopmr::install_fault_handler();  // tells what was touched before the program ends

    std::pmr::vector<std::byte> message(4, &guarded);  // ends exactly at a guard page
    message = {std::byte{200}, std::byte{1}, std::byte{2}, std::byte{3}};
    std::cout << "sum " << sum_of(message) << '\n';  // message[4] would be a report, and the end

    const auto past = autopmr::describe(message.data() + message.size());  // what a crash handler of your own would ask
    std::cout << "the byte behind it: " << to_string(past->kind) << ", " << past->expected_bytes << " bytes are ours\n";
    // [/parser]
    return past->kind == autopmr::fault_kind::overrun && past->past_end == 1 && guarded.verify() == 0 ? 0 : 1;
}
