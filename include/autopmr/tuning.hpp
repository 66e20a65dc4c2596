#pragma once
/// \file
/// What was tuned, and by which fact.
///
/// Written by backend::tune, read in decision::tunings. Plain data that holds no memory of its own.

#include <autopmr/fixed_text.hpp>
#include <autopmr/request.hpp>

#include <cstddef>
#include <string_view>

namespace autopmr {

/// A parameter of a backend that was set, and the fact behind it.
struct tuning {
    std::string_view backend;
    std::string_view parameter;
    fixed_text<48>   value;
    std::string_view fact;    ///< the name of the fact, as in `host`
    fixed_text<192>  origin;  ///< where that was read
    bool             applied = true;
};

/// What `tune` functions write to; keeps the first `most`. It also says what the tuning is for: the goal.
class tuning_log {
public:
    static constexpr std::size_t most = 12;

    constexpr tuning_log() noexcept = default;
    explicit constexpr tuning_log(goal g) noexcept : wanted_(g) {}

    void add(const tuning& entry) noexcept {
        if (count_ != most) entries_[count_++] = entry;
    }
    /// Goal::footprint asks for memory to be given back promptly.
    [[nodiscard]] constexpr goal wanted() const noexcept { return wanted_; }

    [[nodiscard]] std::size_t   size() const noexcept { return count_; }
    [[nodiscard]] bool          empty() const noexcept { return count_ == 0; }
    [[nodiscard]] const tuning& operator[](std::size_t i) const noexcept { return entries_[i]; }
    [[nodiscard]] const tuning* begin() const noexcept { return entries_; }
    [[nodiscard]] const tuning* end() const noexcept { return entries_ + count_; }

private:
    tuning      entries_[most] = {};
    std::size_t count_ = 0;
    goal        wanted_ = goal::throughput;
};

}  // namespace autopmr
