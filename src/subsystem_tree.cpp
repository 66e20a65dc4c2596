// Where subsystems live and how they are found.

#include "src/platform/os.hpp"
#include "src/subsystem_node.hpp"
#include "src/support/fork_watch.hpp"
#include "src/support/per_thread.hpp"
#include "src/verbose.hpp"

#include <cstring>
#include <new>

namespace autopmr {
namespace {

// Never destroyed: static destructors that run after ours still allocate.
union immortal_node {
    subsystem_node node;
    constexpr immortal_node() noexcept : node() {}
    constexpr immortal_node(subsystem_node* parent, const char* name, std::size_t size) noexcept : node(parent, name, size) {}
    ~immortal_node() {}
};
constinit immortal_node   root_holder;
constinit immortal_node   invalid_holder{&root_holder.node, "(invalid)", 9};
constinit immortal_node   unmade_holder;
constinit subsystem_node& root_node = root_holder.node;
constinit subsystem_node& invalid_node = invalid_holder.node;

constexpr std::size_t                  bucket_count = 256;
constinit std::atomic<subsystem_node*> buckets[bucket_count] = {};
constinit subsystem_node*              last_made = &root_node;

constinit std::mutex tree_lock;
constinit char*      page = nullptr;  // what is left of the newest page
constinit std::size_t page_left = 0;

std::size_t bucket_of(std::string_view name) noexcept {
    std::size_t hash = 14695981039346656037u;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return (hash ^ (hash >> 32)) % bucket_count;
}

// Under the lock. Never given back.
void* take(std::size_t bytes) noexcept {
    bytes = (bytes + alignof(subsystem_node) - 1) / alignof(subsystem_node) * alignof(subsystem_node);
    if (bytes > page_left) {
        constexpr std::size_t chunk = 16384;
        const std::size_t     size = bytes > chunk ? bytes : chunk;
        void* const           fresh = os::map_pages(size);
        if (fresh == nullptr) return nullptr;
        page = static_cast<char*>(fresh);
        page_left = size;
    }
    char* const taken = page;
    page += bytes;
    page_left -= bytes;
    return taken;
}

const char* copy(std::string_view text) noexcept {
    auto* const kept = static_cast<char*>(take(text.size() + 1));
    if (kept == nullptr) return nullptr;
    std::memcpy(kept, text.data(), text.size());
    kept[text.size()] = '\0';
    return kept;
}

void append(subsystem_node& node) noexcept {
    last_made->next.store(&node, std::memory_order_release);
    last_made = &node;
}

subsystem_node* make(subsystem_node& parent, std::string_view name) noexcept {
    const char* const kept = copy(name);
    void* const       place = take(sizeof(subsystem_node));
    if (kept == nullptr || place == nullptr) return nullptr;
    auto* const node = new (place) subsystem_node(&parent, kept, name.size());
    auto&       bucket = buckets[bucket_of(name)];
    node->next_in_bucket.store(bucket.load(std::memory_order_relaxed), std::memory_order_relaxed);
    bucket.store(node, std::memory_order_release);
    append(*node);
    return node;
}

}  // namespace

namespace subsystem_tree {

subsystem_node& root() noexcept { return root_node; }
const subsystem_node& unmade() noexcept { return unmade_holder.node; }

void watch_fork() noexcept {
    // What is registered last is locked first, so whose lock is taken inside ours goes first.
    per_thread::watch_fork();
    fork_watch<held_across_fork<tree_lock>>::begin();
}

std::unique_lock<std::mutex> lock() noexcept {
    watch_fork();
    return std::unique_lock<std::mutex>(tree_lock);
}

const char* intern_locked(std::string_view text) noexcept {
    struct kept_text {
        const char* text;
        kept_text*  next;
    };
    static constinit kept_text* all = nullptr;
    for (const kept_text* k = all; k != nullptr; k = k->next)
        if (k->text == text) return k->text;
    const char* const kept = copy(text);
    void* const       place = take(sizeof(kept_text));
    if (kept == nullptr || place == nullptr) return "";
    all = new (place) kept_text{kept, all};
    return kept;
}

subsystem_node* find(std::string_view name) noexcept {
    if (name.empty()) return &root_node;
    subsystem_node* node = buckets[bucket_of(name)].load(std::memory_order_acquire);
    while (node != nullptr && node->view() != name) node = node->next_in_bucket.load(std::memory_order_acquire);
    return node;
}

subsystem_node* find_or_make_locked(std::string_view name) noexcept {
    subsystem_node* node = &root_node;
    for (std::size_t end = 0; node != nullptr && end != name.size();) {
        end = name.find('.', end + 1);
        if (end == std::string_view::npos) end = name.size();
        subsystem_node* const there = find(name.substr(0, end));
        node = there != nullptr ? there : make(*node, name.substr(0, end));
    }
    return node;
}

}  // namespace subsystem_tree

std::string_view subsystem_name_error(std::string_view name) noexcept {
    if (name.size() > 120) return "a subsystem's name has at most 120 characters";
    bool segment_begins = true;
    for (const char c : name) {
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!good && c != '.') return "a subsystem's name is made of letters, digits, '_' and '-', and dots between them";
        if (c == '.' && segment_begins) return "a subsystem's name begins with a dot or has two in a row";
        segment_begins = c == '.';
    }
    if (!name.empty() && segment_begins) return "a subsystem's name ends in a dot";
    return {};
}

subsystem_resource& subsystem(std::string_view name) noexcept {
    if (subsystem_name_error(name).empty()) {
        subsystem_node* node = subsystem_tree::find(name);
        if (node == nullptr) {
            const auto held = subsystem_tree::lock();
            node = subsystem_tree::find_or_make_locked(name);
        }
        if (node != nullptr) return node->resource;
    }
    static constinit std::atomic<bool> listed{false};  // shown only once somebody uses it
    if (!listed.exchange(true, std::memory_order_relaxed)) {
        const auto held = subsystem_tree::lock();
        append(invalid_node);
    }
    tell_if_verbose("subsystem() was asked for a bad name and gave (invalid): ", fixed_text<128>(name));
    return invalid_node.resource;
}

void for_each_subsystem(void (*f)(const subsystem_resource&, void*), void* context) {
    for (const subsystem_node* node = &root_node; node != nullptr; node = node->next.load(std::memory_order_acquire))
        f(node->resource, context);
}

}  // namespace autopmr
