#pragma once
/// \file
/// Named resources with a backend, a budget and counters of their own, arranged as a tree by the dots in their names.
///
/// Use one for each part of a program whose memory you want to see, bound or place by itself; not one for each object or
/// request: they live for ever. All of it is safe from any thread, before main, in static destructors and after fork. A
/// subsystem binds to its backend at its first allocation, so `static auto& net = subsystem("net");` may stand before the
/// policy is loaded; from then on allocating takes no lock. Throws limit_exceeded with the name of the subsystem whose budget
/// refused, or what the backend throws.

#include <autopmr/backend.hpp>
#include <autopmr/fixed_text.hpp>
#include <autopmr/layer.hpp>
#include <autopmr/ledger.hpp>
#include <autopmr/policy.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace autopmr {

/// What configure() may ask of a subsystem; what is left empty comes from the nearest ancestor. An own heap goes with the
/// backend it is made by: a subsystem that names another backend shares that one's common heap unless it asks here.
struct subsystem_options {
    static constexpr std::size_t no_limit = ledger::no_limit;
    std::string_view           backend;   ///< by name
    std::optional<std::size_t> limit = {};  ///< bytes, of this and all below it together; no_limit takes a limit away
    std::optional<bool>        own_heap = {}; ///< blocks apart from everybody else's
    std::optional<guard>       under = {};  ///< what stands between it and its backend; pages need none
    std::optional<bool>        secret = {}; ///< blocks that are locked, undumpable and wiped; under pages: each on pages of its own
};

/// A snapshot of the books, which include those of the subsystems below. `backend` is "page_guarded" or "secret" where the blocks
/// come from there.
struct subsystem_usage : usage {
    std::string_view name, parent, backend;  ///< the root's name is empty; so is backend, until it is bound
};

/// What a subsystem was told, and by whom: "default", "program", "autopmr.toml:4:9" or "inherited from server".
struct subsystem_settings {
    std::string_view backend;                      ///< empty: nobody said, and it is not bound yet
    std::size_t      limit = subsystem_options::no_limit;
    bool             own_heap = false, secret = false;
    guard            under = guard::none;
    fixed_text<192>  backend_from, limit_from, own_heap_from, under_from, secret_from;
};

class subsystem_resource final : public layer {
public:
    subsystem_resource(const subsystem_resource&) = delete;
    subsystem_resource& operator=(const subsystem_resource&) = delete;

    // As the base's, but a caller who knows this type pays no virtual call.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        return do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        do_deallocate(block, bytes, alignment);
    }

    [[nodiscard]] std::string_view           name() const noexcept override;    ///< "server.net"; empty for the root
    [[nodiscard]] thread_use                 threads() const noexcept override { return thread_use::any_thread; }
    [[nodiscard]] subsystem_resource*        parent() const noexcept;           ///< null for the root
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override;  ///< null until bound
    [[nodiscard]] layer*                     upstream_layer() const noexcept override;
    [[nodiscard]] layer_facts                facts() const noexcept override;
    void                                     trim() noexcept override;
    [[nodiscard]] subsystem_usage            usage() const noexcept;
    [[nodiscard]] subsystem_settings         settings() const noexcept;

private:
    friend struct subsystem_node;
    constexpr explicit subsystem_resource(struct subsystem_node& node) noexcept : node_(&node) {}
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    struct subsystem_node* node_;
};

/// Finds or makes a subsystem, with its ancestors. Never fails: a name that subsystem_name_error() finds fault with, or no
/// pages for a new one, gives the subsystem "(invalid)", a child of the root that serves and counts like any other.
[[nodiscard]] subsystem_resource& subsystem(std::string_view name) noexcept;

/// Why this can't be the name of a subsystem, or empty: segments of letters, digits, '_' and '-', joined by single dots, at
/// most 120 characters in all. The empty name is the root's.
[[nodiscard]] std::string_view subsystem_name_error(std::string_view name) noexcept;

/// Sets what `options` names, all of it or nothing. Limits may change at any time; the rest only before the first allocation.
policy_result configure(std::string_view name, const subsystem_options& options) noexcept;

/// Calls f(resource, context) for each subsystem, the root first, parents before children. Takes no lock, allocates nothing.
void for_each_subsystem(void (*f)(const subsystem_resource&, void*), void* context);
template <class F> void for_each_subsystem(F&& f) {
    auto call = [&f](const subsystem_resource& s) { f(s); };
    for_each_subsystem([](const subsystem_resource& s, void* c) { (*static_cast<decltype(call)*>(c))(s); }, &call);
}

/// Sizes for people ("1.5 MiB"), or every byte.
enum class size_style : unsigned char { rounded, exact };
[[nodiscard]] std::string subsystem_table(size_style style = size_style::rounded);   ///< a row each, sorted by name
[[nodiscard]] std::string subsystem_json();                                          ///< the schema is in docs/policy.md

}  // namespace autopmr
