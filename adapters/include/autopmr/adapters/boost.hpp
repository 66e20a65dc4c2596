#pragma once
/// \file
/// std::pmr resources as boost::container::pmr resources, and the other way round.
///
/// The two interfaces say the same and are unrelated types. boost_resource is for Boost.Container and Boost.JSON, std_resource for
/// containers of std::pmr over a resource of Boost's; boost_json.hpp knows more of JSON. Each borrows what it stands on, which
/// must live longer. A std_resource over a boost_resource, known by its type, calls what that wraps: std, boost and std again is
/// two virtual calls. Not by RTTI: an object that was compiled without it can't be asked. Equal is what is the same object: give
/// one wrapper to all containers that are to swap blocks.
///
/// As thread-safe as what it stands on; throws what that throws. An `Upstream` that is final is called directly.

#include <autopmr/layer.hpp>

#include <boost/container/pmr/memory_resource.hpp>

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <string_view>

namespace autopmr {

/// What all boost_resources are, to be recognised by.
class boost_wrapper : public boost::container::pmr::memory_resource {
public:
    explicit boost_wrapper(std::pmr::memory_resource& wrapped) noexcept : wrapped_(&wrapped) {}
    [[nodiscard]] std::pmr::memory_resource* wrapped() const noexcept { return wrapped_; }

private:
    std::pmr::memory_resource* wrapped_;
};

/// A resource of Boost's as one of std::pmr: threads unknown.
class std_resource final : public layer {
public:
    explicit std_resource(boost::container::pmr::memory_resource* upstream) noexcept : boost_(upstream) {}
    explicit std_resource(boost_wrapper* upstream) noexcept : boost_(upstream), direct_(upstream->wrapped()) {}
    /// What is called: of a boost_resource its own upstream, else null.
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return direct_; }
    [[nodiscard]] std::string_view           name() const noexcept override { return "std_over_boost"; }
    [[nodiscard]] thread_use threads() const noexcept override { return direct_ != nullptr ? threads_of(direct_) : thread_use::unknown; }
    [[nodiscard]] boost::container::pmr::memory_resource* boost_upstream() const noexcept { return boost_; }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return direct_ != nullptr ? direct_->allocate(bytes, alignment) : boost_->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        if (direct_ != nullptr) direct_->deallocate(block, bytes, alignment);
        else boost_->deallocate(block, bytes, alignment);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    boost::container::pmr::memory_resource* boost_;
    std::pmr::memory_resource*              direct_ = nullptr;
};

/// `boost_resource over(&pool);` for any `Upstream` of std::pmr.
template <class Upstream = std::pmr::memory_resource>
class boost_resource final : public boost_wrapper {
public:
    explicit boost_resource(Upstream* upstream) noexcept : boost_wrapper(*upstream), upstream_(upstream) {}
    [[nodiscard]] Upstream* upstream() const noexcept { return upstream_; }

private:
    // Boost.JSON (1.81) gives a key that it asked for with alignment 1 back with 16 when a parse fails: below 16 all are one.
    static constexpr std::size_t real(std::size_t alignment) noexcept { return std::max(alignment, alignof(std::max_align_t)); }

    void* do_allocate(std::size_t bytes, std::size_t alignment) override { return upstream_->allocate(bytes, real(alignment)); }
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(block, bytes, real(alignment));
    }
    bool do_is_equal(const boost::container::pmr::memory_resource& other) const noexcept override { return this == &other; }

    Upstream* upstream_;
};

}  // namespace autopmr
