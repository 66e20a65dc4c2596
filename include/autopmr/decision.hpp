#pragma once
/// \file
/// The answer of a choice, as a value: what was chosen, the rule that fired, and everything it rested on.
///
/// Copy it, print it, compare it. Holds no memory of its own and makes no calls: a decision stays readable at exit.

#include <autopmr/backend.hpp>
#include <autopmr/fixed_text.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace autopmr {

enum class goal : unsigned char { throughput, footprint, hardened };

/// Who said so; earlier wins.
enum class said_by : unsigned char { program, environment, policy_file, nobody };

[[nodiscard]] std::string_view    to_string(goal g) noexcept;
[[nodiscard]] std::string_view    to_string(said_by who) noexcept;
[[nodiscard]] bool                parse(std::string_view text, goal& out) noexcept;

/// What became of one row of the table.
enum class standing : unsigned char { taken, not_suited, cannot_serve, not_built, not_tried };

struct candidate_note {
    const candidate*  row = nullptr;
    standing          stands = standing::not_tried;
    fixed_text<192>   why;
};

/// A fact the choice used, as text, and where it was read.
struct fact_note {
    std::string_view  name;
    fixed_text<64>    value;
    fixed_text<192>   origin;
};

/// A parameter of a backend that was set, and the fact behind it.
struct tuning {
    std::string_view  backend;
    std::string_view  parameter;
    fixed_text<48>    value;
    std::string_view  fact;      ///< the name of the fact
    fixed_text<192>   origin;    ///< where that was read
    bool              applied = true;
};

/// What `tune` functions write to; keeps the first 16.
class tuning_log {
public:
    void add(const tuning& entry) noexcept {
        if (count_ != most) entries_[count_++] = entry;
    }
    [[nodiscard]] std::size_t   size() const noexcept { return count_; }
    [[nodiscard]] const tuning& operator[](std::size_t i) const noexcept { return entries_[i]; }
    [[nodiscard]] const tuning* begin() const noexcept { return entries_; }
    [[nodiscard]] const tuning* end() const noexcept { return entries_ + count_; }

private:
    static constexpr std::size_t most = 16;
    tuning      entries_[most] = {};
    std::size_t count_ = 0;
};

}  // namespace autopmr
