#pragma once
/// \file
/// What the books of a tracking_resource are made of: a row, a store and hashed chains, all in pages of the system.

#include "src/platform/os.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace autopmr {

/// An array in pages of its own, gone with its owner; empty where there were none.
template <class T>
class mapped_row {
public:
    explicit mapped_row(std::size_t size) noexcept
        : first_(size == 0 || size > PTRDIFF_MAX / sizeof(T) ? nullptr : static_cast<T*>(os::map_pages(size * sizeof(T)))),
          size_(first_ != nullptr ? size : 0) {}
    mapped_row(mapped_row&& other) noexcept : first_(other.first_), size_(other.size_) { other.first_ = nullptr; }
    mapped_row& operator=(mapped_row&&) = delete;
    ~mapped_row() {
        if (first_ != nullptr) os::unmap_pages(first_, size_ * sizeof(T));
    }

    [[nodiscard]] T*          begin() const noexcept { return first_; }
    [[nodiscard]] T*          end() const noexcept { return first_ + size_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    T&                        operator[](std::size_t i) const noexcept { return first_[i]; }

private:
    T*          first_;
    std::size_t size_;
};

/// Room for small things that are never given back one by one.
class page_store {
public:
    /// Zeroed; null where there are no pages.
    void* take(std::size_t bytes) noexcept {
        if (static_cast<std::size_t>(end_ - next_) < bytes && !map_more()) return nullptr;
        void* const taken = next_;
        next_ += bytes;
        return taken;
    }
    void unmap() noexcept {
        while (last_ != nullptr) {
            chunk* const gone = last_;
            last_ = gone->before;
            os::unmap_pages(gone, gone->bytes);
        }
    }

private:
    struct chunk {
        chunk*      before;
        std::size_t bytes;
    };
    static constexpr std::size_t least = std::size_t{16} << 10, most = std::size_t{1} << 20;

    bool map_more() noexcept {
        const std::size_t bytes = last_ == nullptr ? least : std::min(last_->bytes * 2, most);
        void* const       pages = os::map_pages(bytes);
        if (pages == nullptr) return false;
        auto* const made = static_cast<chunk*>(pages);
        *made = {last_, bytes};
        last_ = made;
        next_ = reinterpret_cast<char*>(made + 1);
        end_ = static_cast<char*>(pages) + bytes;
        return true;
    }

    char*  next_ = nullptr;
    char*  end_ = nullptr;
    chunk* last_ = nullptr;
};

/// A hash table of chains through T::next: putting in can't fail. It grows where it can; where it can't, chains grow longer.
template <class T>
class chains {
public:
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    T*&                       chain(std::uint64_t hash) noexcept { return heads_()[hash >> 8 & mask_]; }

    /// `hash_of(T&)` is asked again for everything when the table grows.
    template <class HashOf>
    void put(T& one, HashOf hash_of) noexcept {
        if (size_ > mask_ * 2) grow(hash_of);
        T*& head = chain(hash_of(one));
        one.next = head;
        head = &one;
        ++size_;
    }
    /// `link` leads to what is taken out.
    T* take(T*& link) noexcept {
        T* const taken = link;
        link = taken->next;
        --size_;
        return taken;
    }
    template <class Each>
    void for_each(Each each) const noexcept {
        for (std::size_t i = 0; i <= mask_; ++i)
            for (const T* one = heads_()[i]; one != nullptr; one = one->next) each(*one);
    }
    void unmap() noexcept {
        if (mapped_ != nullptr) os::unmap_pages(mapped_, (mask_ + 1) * sizeof(T*));
    }

private:
    static constexpr std::size_t at_first = 32, growth = 8;

    T* const* heads_() const noexcept { return mapped_ != nullptr ? mapped_ : first_; }
    T**       heads_() noexcept { return mapped_ != nullptr ? mapped_ : first_; }

    template <class HashOf>
    void grow(HashOf hash_of) noexcept {
        const std::size_t buckets = (mask_ + 1) * growth;
        auto** const      wider = static_cast<T**>(os::map_pages(buckets * sizeof(T*)));
        if (wider == nullptr) return;
        for (std::size_t i = 0; i <= mask_; ++i) {
            for (T* one = heads_()[i]; one != nullptr;) {
                T* const next = one->next;
                T*&      head = wider[hash_of(*one) >> 8 & (buckets - 1)];
                one->next = head;
                head = one;
                one = next;
            }
        }
        unmap();
        mapped_ = wider;
        mask_ = buckets - 1;
    }

    T**         mapped_ = nullptr;
    std::size_t mask_ = at_first - 1, size_ = 0;
    T*          first_[at_first] = {};
};

}  // namespace autopmr
