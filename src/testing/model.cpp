#include <autopmr/testing/model.hpp>

#include "conformance_checks.hpp"
#include "workload.hpp"

#include <cstdint>
#include <cstring>
#include <exception>
#include <limits>
#include <new>
#include <vector>

namespace autopmr::testing {
namespace {

constexpr std::size_t most_blocks = 96, steps_shown = 12;

/// What there is to compare with, beyond the blocks themselves.
struct witnesses {
    const conformance_subject* subject = nullptr;
    test_resource*             upstream = nullptr;
};

class model {
public:
    model(std::pmr::memory_resource& resource, witnesses seen, unsigned long long seed)
        : resource_(resource), seen_(seen), seed_(seed), roll_(seed) {}

    std::string play(std::size_t steps) {
        std::string broken;
        while (history_.size() != steps && broken.empty()) {
            try {
                broken = one_step();
            } catch (const std::exception& error) {
                broken = std::string("threw where it should not: ") + error.what();
            }
            if (broken.empty()) broken = compare();
        }
        if (!broken.empty()) broken = tell(broken);
        refuse_after(-1);
        for (const entry& each : live_) give_back(resource_, each.block);
        live_.clear();
        live_bytes_ = 0;
        if (broken.empty() && !(broken = compare()).empty()) broken = "after all blocks came back: " + tell(broken);
        return broken;
    }

private:
    struct entry {
        patterned_block block;
        std::size_t     number;
    };
    struct step {
        enum { takes, gives, asks_too_much, upstream_refuses } what;
        std::size_t number, bytes, alignment;
    };

    std::string one_step() {
        // Of 100 steps so many take: the number of blocks shrinks, stays, or grows for a while.
        if (history_.size() % 64 == 0) growth_ = 20 + 30 * roll_.below(3);
        const std::size_t what = roll_.below(100);
        if (what == 0) return ask_too_much();
        if (what == 1 && seen_.upstream != nullptr) {
            const std::size_t after = roll_.below(4);
            history_.push_back({step::upstream_refuses, after, 0, 0});
            refuse_after(static_cast<long long>(after));
            return {};
        }
        const bool takes = live_.empty() || (live_.size() < most_blocks && roll_.below(100) < growth_);
        return takes ? take_one() : give_one();
    }

    std::size_t any_size() {
        const std::size_t kind = roll_.below(10);
        if (kind == 0) return 0;
        if (kind > 2) return roll_.below(400);
        if (kind == 2) return roll_.below(70000);
        const std::size_t power = std::size_t{1} << roll_.below(16);
        return power + roll_.below(3) - 1;
    }
    std::size_t any_alignment() {
        const bool large = roll_.below(8) == 0;
        return std::size_t{1} << roll_.below(large ? 17 : 5);
    }

    std::string take_one() {
        const std::size_t bytes = any_size(), alignment = any_alignment();
        history_.push_back({step::takes, taken_, bytes, alignment});
        const std::string before = books();
        const long long   refusals = upstream_refusals();
        void*             p = nullptr;
        try {
            p = take(resource_, bytes, alignment);
        } catch (const std::bad_alloc&) {
            if (upstream_refusals() == refusals) return "refused what it could have served";
            return same_books(before);
        }
        return add({p, bytes, alignment, static_cast<unsigned char>(1 + taken_ % 255)});
    }

    /// A new block: sound by itself, and among the others. Nothing is written before that is known.
    std::string add(const patterned_block& block) {
        const auto begin = reinterpret_cast<std::uintptr_t>(block.p), end = begin + (block.bytes != 0 ? block.bytes : 1);
        if (block.p == nullptr) return "null";
        if (begin % block.alignment != 0) return "under-aligned";
        for (const entry& other : live_) {
            const auto there = reinterpret_cast<std::uintptr_t>(other.block.p);
            if (begin < there + (other.block.bytes != 0 ? other.block.bytes : 1) && there < end) {
                return "on top of block " + std::to_string(other.number) + ", " +
                       shape(other.block.bytes, other.block.alignment);
            }
        }
        if (block.bytes != 0) std::memset(block.p, block.pattern, block.bytes);
        live_.push_back({block, taken_++});
        live_bytes_ += block.bytes;
        return {};
    }

    std::string give_one() {
        std::size_t which = roll_.below(live_.size());
        if (const std::size_t order = roll_.below(3); order != 0)
            which = order == 1 ? 0 : live_.size() - 1;  // the oldest, the newest
        const entry gone = live_[which];
        live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(which));
        live_bytes_ -= gone.block.bytes;
        history_.push_back({step::gives, gone.number, gone.block.bytes, gone.block.alignment});
        give_back(resource_, gone.block);
        return {};
    }

    std::string ask_too_much() {
        constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
        const std::size_t     most = roll_.below(2) == 0 ? all : all / 2 + 1;
        const std::size_t     alignment = any_alignment();
        const std::size_t     bytes = most - roll_.below(alignment + 20);  // with any padding it is too much
        history_.push_back({step::asks_too_much, 0, bytes, alignment});
        const std::string before = books();
        try {
            give_back(resource_, {take(resource_, bytes, alignment), bytes, alignment});
        } catch (const std::bad_alloc&) {
            return same_books(before);
        }
        return "served";
    }

    std::string compare() {
        for (const entry& each : live_) {
            if (!each.block.intact()) {
                return "block " + std::to_string(each.number) + ", " + shape(each.block.bytes, each.block.alignment) +
                       ", was written over";
            }
        }
        if (seen_.upstream != nullptr) {
            if (const auto words = seen_.upstream->complaint(); !words.empty())
                return "upstream: " + std::string(words.view());
        }
        if (seen_.subject == nullptr || !seen_.subject->live_bytes) return {};
        const std::size_t says = seen_.subject->live_bytes(resource_);
        return says == live_bytes_
                   ? ""
                   : "it says that " + std::to_string(says) + " bytes are live, of " + std::to_string(live_bytes_);
    }

    [[nodiscard]] std::string books() const {
        return seen_.subject != nullptr && seen_.subject->books ? seen_.subject->books(resource_) : "";
    }
    [[nodiscard]] std::string same_books(const std::string& before) const {
        const std::string after = books();
        return before == after ? "" : "a refused request changed the books from " + before + " to " + after;
    }
    [[nodiscard]] long long upstream_refusals() const { return seen_.upstream != nullptr ? seen_.upstream->refusals() : 0; }

    void refuse_after(long long allocations) {
        if (seen_.upstream != nullptr) seen_.upstream->set_allocation_limit(allocations);
    }

    [[nodiscard]] std::string tell(const std::string& broken) const {
        std::string text = broken + "; seed " + std::to_string(seed_) + ", " + std::to_string(history_.size()) +
                           " steps, the last of them:";
        for (std::size_t i = history_.size() > steps_shown ? history_.size() - steps_shown : 0; i != history_.size(); ++i) {
            const auto& [what, number, bytes, alignment] = history_[i];
            const std::string which = " block " + std::to_string(number) + ", ";
            text += "\n      " + std::to_string(i + 1) + ": ";
            if (what == step::takes) text += "allocate" + which + shape(bytes, alignment);
            if (what == step::gives) text += "deallocate" + which + shape(bytes, alignment);
            if (what == step::asks_too_much) text += "ask for " + shape(bytes, alignment);
            if (what == step::upstream_refuses)
                text += "the upstream will serve " + std::to_string(number) + ", and refuse the next";
        }
        return text;
    }

    std::pmr::memory_resource& resource_;
    const witnesses            seen_;
    const unsigned long long   seed_;
    dice                       roll_;
    std::vector<entry>         live_;  // the oldest first
    std::vector<step>          history_;
    std::size_t                taken_ = 0, live_bytes_ = 0, growth_ = 50;
};

}  // namespace

std::string check_against_model(std::pmr::memory_resource& resource, unsigned long long seed, std::size_t steps) {
    return model(resource, {}, seed).play(steps);
}

std::string check_against_model(const conformance_subject& subject, unsigned long long seed, std::size_t steps) {
    bench             on(subject);
    const std::string broken =
        model(on.resource(), {&subject, subject.has_upstream ? &on.upstream() : nullptr}, seed).play(steps);
    const std::string at_end = on.close();
    return broken.empty() && !at_end.empty()
               ? at_end + "; seed " + std::to_string(seed) + ", all " + std::to_string(steps) + " steps"
               : broken;
}

}  // namespace autopmr::testing
