#pragma once
/// \file
/// Whose `malloc` this process uses, told by the file that holds it.

#include <autopmr/host.hpp>

#include <string_view>

namespace autopmr {

/// The allocator (or tool) that a shared library's file name stands for; empty when it is none that we know.
std::string_view allocator_of_file(std::string_view path) noexcept;

struct malloc_facts {
    fact<fixed_text<32>> owner;
    fact<bool>           replaced;
};

/// Asks the loader; for this process only.
malloc_facts malloc_of_this_process() noexcept;
/// From a name, as a fixture gives it.
malloc_facts malloc_named(std::string_view name, const fixed_text<192>& origin) noexcept;

}  // namespace autopmr
