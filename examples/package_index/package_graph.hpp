#pragma once
/// \file
/// The work: a Debian package index read into containers, and who depends on whom. The same code over any allocator.

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// One field of a paragraph, whole: continuation lines are joined to it.
struct field {
    std::string_view name, value;
};

/// A package and how many others ask for it directly.
struct dependants {
    std::string name;
    std::size_t count = 0;
};

/// Three allocators, for the three kinds of data: what is said (text), how it is found (index), how it hangs together (graph).
template <template <class> class Allocator>
class package_graph {
public:
    using text = std::basic_string<char, std::char_traits<char>, Allocator<char>>;
    template <class T>
    using list = std::vector<T, Allocator<T>>;

    package_graph(Allocator<char> texts, Allocator<char> indexes, Allocator<char> graphs)
        : texts_(texts), graphs_(graphs), packages_(Allocator<package>(indexes)), by_name_(0, indexes), by_section_(indexes),
          needed_by_(Allocator<list<unsigned>>(graphs)) {}

    /// A paragraph of the index. A package that was there before (another version, another archive) is replaced.
    void add(const field* first, const field* last) {
        package found(texts_);
        for (; first != last; ++first) {
            if (first->name == "Package") found.name = first->value;
            else if (first->name == "Version") found.version = first->value;
            else if (first->name == "Section") found.section = first->value;
            else if (first->name == "Maintainer") found.maintainer = first->value;
            else if (first->name == "Description") found.description = first->value;
            else if (first->name == "Depends" || first->name == "Pre-Depends") add_relations(first->value, found.needs);
            else if (first->name == "Provides") add_relations(first->value, found.provides);
        }
        if (found.name.empty()) throw std::runtime_error("a paragraph without a Package field; give a Debian package index (Packages, or dpkg's status)");
        const auto [place, is_new] = by_name_.try_emplace(found.name, static_cast<unsigned>(packages_.size()));
        if (is_new) packages_.push_back(std::move(found));
        else packages_[place->second] = std::move(found);
    }

    /// After the last add: what packages provide, the sections, and the graph of who is needed by whom.
    void link() {
        for (unsigned id = 0; id != packages_.size(); ++id)  // a real package wins over one that is only provided
            for (const text& name : packages_[id].provides) by_name_.try_emplace(name, id);
        for (unsigned id = 0; id != packages_.size(); ++id) by_section_[packages_[id].section].push_back(id);
        needed_by_.resize(packages_.size());
        for (unsigned id = 0; id != packages_.size(); ++id)
            for (const text& name : packages_[id].needs) {
                const auto target = by_name_.find(name);
                // A package that offers alternatives, or names one twice, still counts once.
                if (target == by_name_.end()) continue;
                auto& from = needed_by_[target->second];
                if (from.empty() || from.back() != id) from.push_back(id);
            }
    }

    [[nodiscard]] std::size_t packages() const { return packages_.size(); }
    [[nodiscard]] std::size_t sections() const { return by_section_.size(); }
    [[nodiscard]] std::size_t edges() const {
        std::size_t sum = 0;
        for (const auto& from : needed_by_) sum += from.size();
        return sum;
    }

    /// The most depended-on packages, most first, equal ones by name.
    [[nodiscard]] std::vector<dependants> most_needed(std::size_t wanted) const {
        list<unsigned> order(packages_.size(), 0, Allocator<unsigned>(graphs_));
        for (unsigned id = 0; id != order.size(); ++id) order[id] = id;
        const auto shown = std::min(wanted, order.size());
        std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(), [&](unsigned a, unsigned b) {
            const auto left = needed_by_[a].size(), right = needed_by_[b].size();
            return left != right ? left > right : packages_[a].name < packages_[b].name;
        });
        std::vector<dependants> best;
        for (std::size_t i = 0; i != shown && !needed_by_[order[i]].empty(); ++i)
            best.push_back({std::string(packages_[order[i]].name), needed_by_[order[i]].size()});
        return best;
    }

private:
    struct package {
        explicit package(Allocator<char> texts)
            : name(texts), version(texts), section(texts), maintainer(texts), description(texts),
              needs(Allocator<text>(texts)), provides(Allocator<text>(texts)) {}
        text       name, version, section, maintainer, description;
        list<text> needs, provides;
    };

    /// "a (>= 1), b | c, d:any" gives a, b, c, d.
    static void add_relations(std::string_view relations, list<text>& names) {
        constexpr std::string_view ends = " \t(:[<,|", gaps = " \t,|";
        while (true) {
            const auto first = relations.find_first_not_of(gaps);
            if (first == std::string_view::npos) return;
            relations.remove_prefix(first);
            const auto end = std::min(relations.find_first_of(ends), relations.size());
            if (end != 0) names.emplace_back(relations.substr(0, end));
            relations.remove_prefix(std::min(relations.find_first_of(",|"), relations.size()));
        }
    }

    struct hash_of_text {
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>()(name); }
    };
    using name_index = std::unordered_map<text, unsigned, hash_of_text, std::equal_to<>, Allocator<std::pair<const text, unsigned>>>;
    using section_index = std::map<text, list<unsigned>, std::less<>, Allocator<std::pair<const text, list<unsigned>>>>;

    Allocator<char>      texts_, graphs_;
    list<package>        packages_;
    name_index           by_name_;
    section_index        by_section_;
    list<list<unsigned>> needed_by_;
};
