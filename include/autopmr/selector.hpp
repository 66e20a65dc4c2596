#pragma once
/// \file
/// Which backend this process should use, and why.
///
/// Call install_default() once, early in main, and every std::pmr container without a resource of its own uses the chosen
/// backend. Call select() to ask without installing, choose() to ask for another machine. Nothing here throws or takes
/// memory from the default resource; everything may be called from any thread, before main, in static destructors and
/// after fork. Loading the library installs nothing.

#include <autopmr/decision.hpp>
#include <autopmr/policy.hpp>
#include <autopmr/request.hpp>

#include <cstddef>

namespace autopmr {

/// Rows of a table, borrowed.
struct candidate_list {
    const candidate* first = nullptr;
    std::size_t      count = 0;

    [[nodiscard]] constexpr const candidate* begin() const noexcept { return first; }
    [[nodiscard]] constexpr const candidate* end() const noexcept { return first + count; }
    [[nodiscard]] constexpr std::size_t      size() const noexcept { return count; }
    [[nodiscard]] constexpr const candidate& operator[](std::size_t i) const noexcept { return first[i]; }
};

/// Backends, each once; the elements are `const backend&`.
class backend_list {
public:
    class iterator {
    public:
        constexpr explicit iterator(const backend* const* at) noexcept : at_(at) {}
        constexpr const backend& operator*() const noexcept { return **at_; }
        constexpr const backend* operator->() const noexcept { return *at_; }
        constexpr iterator&      operator++() noexcept { return ++at_, *this; }
        constexpr bool           operator==(iterator other) const noexcept { return at_ == other.at_; }
        constexpr bool           operator!=(iterator other) const noexcept { return at_ != other.at_; }

    private:
        const backend* const* at_;
    };

    constexpr backend_list(const backend* const* first, std::size_t count) noexcept : first_(first), count_(count) {}
    [[nodiscard]] constexpr iterator       begin() const noexcept { return iterator(first_); }
    [[nodiscard]] constexpr iterator       end() const noexcept { return iterator(first_ + count_); }
    [[nodiscard]] constexpr std::size_t    size() const noexcept { return count_; }
    [[nodiscard]] constexpr const backend& operator[](std::size_t i) const noexcept { return *first_[i]; }

private:
    const backend* const* first_;
    std::size_t           count_;
};

/// The table: it is the policy, best first (src/backend_table.cpp).
[[nodiscard]] candidate_list candidates() noexcept;
/// Each backend of the table once, best first, those that can't serve included.
[[nodiscard]] backend_list backends() noexcept;
/// Null when there is none of that name.
[[nodiscard]] const backend* find_backend(std::string_view name) noexcept;

/// A pure function of its arguments: what would be chosen. Asks backends whether they can serve only where
/// request::why_not is null.
[[nodiscard]] decision choose(const request& asked, candidate_list rows = candidates()) noexcept;

/// The request that select() passes to choose(): probes, environment, policy file and `wishes`.
[[nodiscard]] request gather(const policy& wishes = {}) noexcept;

/// What this process would get: probes, environment, policy file and `wishes`. Installs and tunes nothing.
[[nodiscard]] decision select(const policy& wishes = {}) noexcept;

/// Selects, tunes the chosen backend and makes it std::pmr's default. The first call that succeeds decides; later ones
/// return its decision, with a note where they asked for something else, or the program has set another default since. On error
/// nothing is installed, and a later call may try again. A default the program had set before is kept, and noted, unless
/// policy::replace.
decision install_default(const policy& wishes = {}) noexcept;

/// What install_default() did; !ok() before it did.
[[nodiscard]] const decision& default_decision() noexcept;

}  // namespace autopmr
