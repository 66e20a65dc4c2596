#pragma once
/// \file
/// The answer of a choice, as a value: what was chosen, the rule that fired, and everything it rested on.
///
/// Copy it, print it, compare it. It holds no memory of its own and stays readable at exit. Big (about 10 KiB) for a small
/// stack: keep a reference where one is given. Nothing throws but value_or_throw() and the strings, which allocate.

#include <autopmr/backend.hpp>
#include <autopmr/fixed_text.hpp>
#include <autopmr/request.hpp>
#include <autopmr/tuning.hpp>

#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>

namespace autopmr {

/// What became of one row of the table.
enum class standing : unsigned char { taken, not_suited, cannot_serve, not_built, not_tried, passed_over };
[[nodiscard]] std::string_view to_string(standing s) noexcept;
[[nodiscard]] std::string_view to_string(guard g) noexcept;

/// One row of the table, or the backend that was asked for by name. All texts are immortal.
struct candidate_note {
    const backend*   what = nullptr;
    std::string_view rule;
    guard            under = guard::none;
    standing         stands = standing::not_tried;
    std::string_view why;
};

/// A fact the choice used, as text, and where it was read.
struct fact_note {
    std::string_view name;
    fixed_text<64>   value;
    fixed_text<192>  origin;
    bool             decided = false;  ///< the row that was taken rests on it
};

/// The first `Most` of what is added.
template <class T, std::size_t Most>
struct note_list {
    T           items[Most] = {};
    std::size_t count = 0;

    void add(const T& item) noexcept {
        if (count != Most) items[count++] = item;
    }
    [[nodiscard]] std::size_t size() const noexcept { return count; }
    [[nodiscard]] bool        empty() const noexcept { return count == 0; }
    [[nodiscard]] const T&    operator[](std::size_t i) const noexcept { return items[i]; }
    [[nodiscard]] const T*    begin() const noexcept { return items; }
    [[nodiscard]] const T*    end() const noexcept { return items + count; }
};

struct decision {
    const backend*                       chosen = nullptr;  ///< null exactly when !ok()
    guard                                under = guard::none;
    std::string_view                     rule;              ///< short and stable; the golden file and `explain` show it
    std::string_view                     because;
    platform                             where;
    goal                                 wanted = goal::throughput;
    std::pmr::memory_resource*           kept = nullptr;    ///< the default the program had set, which install_default() kept
    std::pmr::memory_resource*           on_top = nullptr;  ///< what debug_default() put above the backend and its guard
    note_list<candidate_note, 32>        candidates;        ///< in the order in which they were looked at
    note_list<fact_note, 8>              facts;
    tuning_log                           tunings;           ///< empty unless install_default() put it in place
    note_list<fixed_text<192>, 4>        notes;
    fixed_text<640>                      failure;           ///< what error() answers

    [[nodiscard]] bool             ok() const noexcept { return chosen != nullptr; }
    [[nodiscard]] std::string_view error() const noexcept { return failure.view(); }  ///< one line; empty when ok()
    /// The memory: the kept one, else the chosen backend's under its guard; null_memory_resource() when !ok(), and where there
    /// is no memory for the guard.
    [[nodiscard]] std::pmr::memory_resource& resource() const noexcept;
    /// *this, or throws configuration_error.
    const decision& value_or_throw() const;

    [[nodiscard]] std::string line() const;   ///< one line, no newline at its end
    [[nodiscard]] std::string table() const;  ///< for people: every candidate, fact, tuning and note
    [[nodiscard]] std::string json() const;   ///< for programs: docs/decision.md has the schema

    /// Same outcome: backend, guard, rule, goal and error.
    friend bool operator==(const decision& a, const decision& b) noexcept {
        return a.chosen == b.chosen && a.under == b.under && a.rule == b.rule && a.wanted == b.wanted && a.error() == b.error();
    }
    friend bool operator!=(const decision& a, const decision& b) noexcept { return !(a == b); }
};

}  // namespace autopmr
