// Settings of subsystems: checked together, then set together.

#include "src/subsystem_settings.hpp"

#include "src/policy_words.hpp"

#include <autopmr/selector.hpp>

#include <exception>

namespace autopmr {
namespace {

using line = fixed_text<1024>;

// Where a wish was said, then what is wrong with it.
line at(const subsystem_wish& wish, const setting_place& place) noexcept {
    line text;
    if (place.file != nullptr) return text.append(to_text({said_by::policy_file, place})).append(": ");
    return text.append("configure(\"").append(wish.name).append("\"): ");
}

line of(const subsystem_wish& wish, const setting_place& place, std::string_view key) noexcept {
    line text = at(wish, place);
    text.append(key).append(" of ");
    return wish.name.empty() ? text.append("the root subsystem ") : text.append("subsystem '").append(wish.name).append("' ");
}

// What can be said without looking at the subsystem itself. May load libraries.
bool check_values(const subsystem_wish& wish, policy_result& result) noexcept {
    const subsystem_options& wants = wish.wants;
    if (!wants.backend.empty()) {
        const fixed_text<512> wrong = backend_error(wants.backend);
        if (!wrong.empty()) return result.fail(of(wish, wish.backend_at, "backend").append("is ").append(wrong)), false;
    }
    if (wants.limit && *wants.limit == 0)
        return result.fail(of(wish, wish.limit_at, "limit").append(
                   "is 0, which would refuse every request; give a size such as \"64MiB\", or leave it out for no limit")), false;
    if (wants.limit && *wants.limit > PTRDIFF_MAX && *wants.limit != subsystem_options::no_limit)
        return result.fail(of(wish, wish.limit_at, "limit").append("is ").append(*wants.limit).append(
                   " bytes, more than this machine can address (a negative number becomes such); give a positive size, or no_limit for none")), false;
    const bool secret = wants.secret.value_or(false);
    if (secret && wants.under && *wants.under != guard::none && *wants.under != guard::pages)
        return result.fail(of(wish, wish.under_at, "guard").append("is \"").append(to_string(*wants.under)).append(
                   "\", which secret memory can't have; write \"pages\" for pages of their own, or \"none\"")), false;
    const std::string_view missing = why_no_protection({wants.under.value_or(guard::none), secret});
    if (!missing.empty())
        return result.fail(of(wish, secret ? wish.secret_at : wish.under_at, secret ? "secret" : "guard").append("can't be had: ").append(
                   missing)), false;
    return true;
}

class application {
public:
    application(const wish_list& list, policy_result& result) : list_(list), result_(result), plans_(list.wishes.size()) {}

    application(const application&) = delete;
    application& operator=(const application&) = delete;
    ~application() {
        for (plan& p : plans_) drop_heap(p);
    }

    // Heaps are made without the lock, for plans that are then looked at again: another thread may have set something.
    void run() {
        const policy_result before = result_;
        do {
            result_ = before;
            const auto held = subsystem_tree::lock();
            for (std::size_t i = 0; i != plans_.size(); ++i)
                if (!check(list_.wishes[i], plans_[i])) return;
            if (!lacks_heap()) return set_all();
        } while (make_heaps());
    }

private:
    struct plan {
        bool                       sets_backend = false, sets_limit = false, sets_own_heap = false, sets_under = false, sets_secret = false;
        const backend*             heap_of = nullptr;
        layer*                     heap = nullptr;
        const backend*             made_of = nullptr;
        layer*                     made = nullptr;  // for this plan, and nobody's yet
    };

    // Under the lock, as all below but what makes heaps and drops them.
    void set_all() {
        for (const subsystem_wish& wish : list_.wishes)
            if (subsystem_tree::find_or_make_locked(wish.name) == nullptr)
                return result_.fail(at(wish, wish.at).append("no memory for another subsystem; nothing was changed"));
        for (std::size_t i = 0; i != plans_.size(); ++i) set(list_.wishes[i], plans_[i]);
        warn_of_limits();
    }

    bool lacks_heap() const noexcept {
        for (const plan& p : plans_)
            if (p.heap_of != nullptr && p.heap == nullptr) return true;
        return false;
    }

    // True when the file's word counts, or there is none to count.
    bool wins(const subsystem_wish& wish, const setting_place& place, const setting_source& now, std::string_view key) noexcept {
        if (list_.who != said_by::policy_file || now.who != said_by::program) return true;
        result_.warn(of(wish, place, key).append("was set by the program, which wins; this is ignored"));
        return false;
    }

    bool check(const subsystem_wish& wish, plan& p) {
        const subsystem_node* const there = subsystem_tree::find(wish.name);
        const subsystem_node&       node = there != nullptr ? *there : subsystem_tree::unmade();
        const subsystem_options&    wants = wish.wants;
        p.sets_backend = !wants.backend.empty() && wins(wish, wish.backend_at, node.backend_by, "backend");
        p.sets_limit = wants.limit && wins(wish, wish.limit_at, node.limit_by, "limit");
        p.sets_own_heap = wants.own_heap && wins(wish, wish.own_heap_at, node.own_heap_by, "own_heap");
        p.sets_under = wants.under && wins(wish, wish.under_at, node.under_by, "guard");
        p.sets_secret = wants.secret && wins(wish, wish.secret_at, node.secret_by, "secret");

        p.heap_of = nullptr;
        p.heap = nullptr;
        const bool           heap_wanted = p.sets_own_heap ? *wants.own_heap : node.own_heap;
        const backend* const bound = node.bound.load(std::memory_order_relaxed);
        if (bound != nullptr) {
            if (p.sets_backend && find_backend(wants.backend) != bound) return too_late(wish, wish.backend_at, "backend", *bound);
            if (p.sets_own_heap && heap_wanted != (node.own != nullptr)) return too_late(wish, wish.own_heap_at, "own_heap", *bound);
            if (p.sets_under && *wants.under != node.in_force.under) return too_late(wish, wish.under_at, "guard", *bound);
            if (p.sets_secret && *wants.secret != node.in_force.secret) return too_late(wish, wish.secret_at, "secret", *bound);
            return true;
        }
        if (!heap_wanted || !(p.sets_own_heap || p.sets_backend)) return true;
        p.heap_of = p.sets_backend ? find_backend(wants.backend) : backend_above(wish.name);
        const setting_place& place = p.sets_own_heap ? wish.own_heap_at : wish.backend_at;
        if (p.heap_of == nullptr)
            return result_.fail(of(wish, place, "own_heap").append(
                       "needs a backend to make it; name one, here or above")), false;
        if (node.own != nullptr && node.own_of == p.heap_of) p.heap = node.own;
        else if (p.made_of == p.heap_of) p.heap = p.made;
        return true;
    }

    bool too_late(const subsystem_wish& wish, const setting_place& place, std::string_view key, const backend& bound) noexcept {
        result_.fail(of(wish, place, key).append("can't change any more, it already allocates from '").append(bound.name).append(
            "'; set it before the first allocation"));
        return false;
    }

    // The backend that somebody named for this subsystem or above it, these wishes included.
    const backend* backend_above(std::string_view name) const noexcept {
        for (;;) {
            for (std::size_t i = 0; i != plans_.size(); ++i)
                if (list_.wishes[i].name == name && plans_[i].sets_backend) return find_backend(list_.wishes[i].wants.backend);
            if (const subsystem_node* const node = subsystem_tree::find(name); node != nullptr) {
                if (const backend* const bound = node->bound.load(std::memory_order_relaxed)) return bound;
                if (node->backend_by) return node->wanted;
            }
            if (name.empty()) return list_.fallback;
            const std::size_t dot = name.rfind('.');
            name = name.substr(0, dot == std::string_view::npos ? 0 : dot);
        }
    }

    bool make_heaps() {
        for (std::size_t i = 0; i != plans_.size(); ++i)
            if (!make_heap(list_.wishes[i], plans_[i])) return false;
        return true;
    }

    static void drop_heap(plan& p) noexcept {
        if (p.made != nullptr) discard_own_heap(*p.made_of, *p.made);
        p.made = nullptr;
        p.made_of = nullptr;
    }

    bool make_heap(const subsystem_wish& wish, plan& p) noexcept {
        if (p.heap_of == nullptr || p.heap != nullptr) return true;
        drop_heap(p);
        const heap_offer offer = make_own_heap(*p.heap_of);
        if (offer.heap != nullptr) {
            p.made = offer.heap;
            p.made_of = p.heap_of;
            return true;
        }
        result_.fail(of(wish, p.sets_own_heap ? wish.own_heap_at : wish.backend_at, "own_heap").append("can't be had from '").append(
            p.heap_of->name).append("': ").append(offer.why_not).append("; name another backend or leave own_heap out"));
        return false;
    }

    void set(const subsystem_wish& wish, plan& p) noexcept {
        subsystem_node& node = *subsystem_tree::find(wish.name);
        const auto      source = [&](setting_place place) {
            if (place.file != nullptr) place.file = subsystem_tree::intern_locked(place.file);
            return setting_source{list_.who, place};
        };
        if (p.sets_backend) {
            node.wanted = find_backend(wish.wants.backend);
            node.backend_by = source(wish.backend_at);
        }
        if (p.sets_limit) {
            node.books.set_limit(*wish.wants.limit);
            node.limit_by = source(wish.limit_at);
        }
        if (p.sets_own_heap) {
            node.own_heap = *wish.wants.own_heap;
            node.own_heap_by = source(wish.own_heap_at);
        }
        if (p.sets_under) {
            node.asked.under = *wish.wants.under;
            node.under_by = source(wish.under_at);
        }
        if (p.sets_secret) {
            node.asked.secret = *wish.wants.secret;
            node.secret_by = source(wish.secret_at);
        }
        if (p.heap != nullptr || !node.own_heap) {
            node.own = p.heap;
            node.own_of = p.heap_of;
        }
        if (p.heap == nullptr || p.heap != p.made) return;
        keep_own_heap(*p.made_of, *p.made);
        p.made = nullptr;
    }

    // A limit above one that bounds it anyway can't be what was meant. Looked at from the new limit both up and down.
    void warn_of_limits() noexcept {
        for (std::size_t i = 0; i != plans_.size(); ++i) {
            if (!plans_[i].sets_limit || *list_.wishes[i].wants.limit == subsystem_options::no_limit) continue;
            const subsystem_node& node = *subsystem_tree::find(list_.wishes[i].name);
            warn_if_bounded(list_.wishes[i], node);
            for_each_subsystem([&](const subsystem_resource& other) {
                const subsystem_node& child = subsystem_node::of(other);
                if (!is_below(child, node) || is_wished(child.view()) || !is_above(child.books.limit(), node.books.limit())) return;
                line text = of(list_.wishes[i], list_.wishes[i].limit_at, "limit");
                text.append("(").append(node.books.limit()).append(" bytes) bounds '").append(child.view()).append("', whose own (");
                result_.warn(text.append(child.books.limit()).append(" bytes) can't be reached"));
            });
        }
    }

    void warn_if_bounded(const subsystem_wish& wish, const subsystem_node& node) noexcept {
        for (const subsystem_node* above = node.parent; above != nullptr; above = above->parent) {
            if (!is_above(node.books.limit(), above->books.limit())) continue;
            line text = of(wish, wish.limit_at, "limit");
            text.append("(").append(node.books.limit()).append(" bytes) is above that of ");
            if (above->name_size != 0) text.append("'").append(above->view()).append("'");
            else text.append("the root");
            return result_.warn(text.append(" (").append(above->books.limit()).append(" bytes), which bounds it"));
        }
    }

    static bool is_above(std::size_t limit, std::size_t other) noexcept {
        return limit != subsystem_options::no_limit && limit > other;
    }
    static bool is_below(const subsystem_node& node, const subsystem_node& other) noexcept {
        const subsystem_node* above = node.parent;
        while (above != nullptr && above != &other) above = above->parent;
        return above != nullptr;
    }
    bool is_wished(std::string_view name) const noexcept {
        for (std::size_t i = 0; i != plans_.size(); ++i)
            if (list_.wishes[i].name == name) return plans_[i].sets_limit;
        return false;
    }

    const wish_list&  list_;
    policy_result&    result_;
    std::vector<plan> plans_;
};

}  // namespace

void apply(const wish_list& list, policy_result& result) {
    for (const subsystem_wish& wish : list.wishes)
        if (!check_values(wish, result)) return;
    application(list, result).run();
}

policy_result configure(std::string_view name, const subsystem_options& options) noexcept {
    policy_result result;
    if (const std::string_view wrong = subsystem_name_error(name); !wrong.empty()) {
        result.fail(line("configure(\"").append(name).append("\"): ").append(wrong));
        return result;
    }
    // Nothing may throw from here: the only thing that could is running out of memory.
    try {
        wish_list list;
        list.wishes.push_back({name, options, {}, {}, {}, {}, {}, {}});
        apply(list, result);
    } catch (const std::exception&) {
        result.fail("configure: out of memory; nothing was changed");
    }
    return result;
}

}  // namespace autopmr
