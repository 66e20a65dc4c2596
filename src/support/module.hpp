#pragma once
/// \file
/// The one loader: a shared library opened for good, the functions found in it, and how that went.

#include <autopmr/fixed_text.hpp>

#include <atomic>
#include <initializer_list>
#include <string_view>

#include "src/platform/os.hpp"
#include "src/support/value_once.hpp"

namespace autopmr {

/// Room for a reason; no longer than what a decision keeps of it.
using reason = fixed_text<192>;

struct as_found {
    template <class Pointer>
    Pointer operator()(Pointer found) const noexcept {
        return found;
    }
};

/// A function of a module. Reading is free of locks, so that it can stand on hot paths.
template <class Signature>
class imported;

template <class Result, class... Arguments>
class imported<Result(Arguments...)> {
public:
    using pointer = Result (*)(Arguments...);

    /// `instead(found)` is what shall be called: told.hpp has such.
    template <class Instead = as_found>
    bool find(void* module, const char* name, Instead instead = {}) noexcept {
        const auto found = reinterpret_cast<pointer>(os::symbol(module, name));
        if (found == nullptr) return false;
        address_.store(instead(found), std::memory_order_release);
        return true;
    }
    /// The same, and a reason when it is not there.
    template <class Instead = as_found>
    bool require(void* module, const char* name, reason& why_not, Instead instead = {}) noexcept {
        if (find(module, name, instead)) return true;
        why_not = fixed_text<192>("the library that was found lacks ").append(name).append(": is it another of that name?");
        return false;
    }
    [[nodiscard]] pointer get() const noexcept { return address_.load(std::memory_order_acquire); }
    explicit              operator bool() const noexcept { return get() != nullptr; }
    Result                operator()(Arguments... arguments) const { return get()(arguments...); }

private:
    std::atomic<pointer> address_{nullptr};
};

/// Opens the first of these that loads, for good. Null, and the first one's reason, when none does.
void* open_first_of(std::initializer_list<const char*> names, std::string_view hint, reason& why_not,
                    os::names_of first = os::names_of::process) noexcept;

/// Why a module can't serve, or its version. Making is repeatable: opening a library and finding functions are.
class text_once : value_once<reason> {
public:
    using value_once::value_once;
    std::string_view view() noexcept { return get().view(); }
};

}  // namespace autopmr
