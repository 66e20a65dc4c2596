#pragma once
/// \file
/// The faults of the matrix: what a program does wrong with blocks of a memory_resource, step by step.

#include "guarded/fault_matrix_guards.hpp"
#include "guarded/poke.hpp"

#include <autopmr/fault_report.hpp>

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <thread>
#include <vector>

namespace autopmr_test {

using autopmr::fault_access;
using autopmr::fault_kind;

/// What a case works with: the guard, and a word to say where it is, so that a report can be told when it came.
class offender {
public:
    offender(guard_under_test under, autopmr::fault_handler heard, const guard_column& kind, std::atomic<char>& step)
        : under_(std::move(under)), heard_(heard), kind_(kind), step_(step) {}

    unsigned char* take(std::size_t bytes = 64, std::size_t alignment = 8) {
        block = static_cast<unsigned char*>(under_.memory->allocate(bytes, alignment));
        return block;
    }
    /// Null, too: libstdc++ declares that nobody gives that back, and UBSan would report it first.
    [[gnu::no_sanitize_undefined]] void give(void* p, std::size_t bytes = 64, std::size_t alignment = 8) {
        step_ = 'F';
        under_.memory->deallocate(p, bytes, alignment);
    }
    void good_give(void* p, std::size_t bytes = 64, std::size_t alignment = 8) {
        step_ = '?';  // nothing may be reported here
        under_.memory->deallocate(p, bytes, alignment);
    }
    void write(void* p, std::ptrdiff_t at) {
        step_ = 'A';
        poke(p, at, 0x2a);
    }
    void read(const void* p, std::ptrdiff_t at) {
        step_ = 'A';
        static_cast<void>(peek(p, at));
    }
    void churn(int times) {
        step_ = '?';
        for (int i = 0; i != times; ++i) under_.memory->deallocate(under_.memory->allocate(64, 8), 64, 8);
    }
    void sweep() {
        step_ = 'S';
        under_.sweep();
    }
    void end() {
        step_ = 'S';
        under_ = {};
    }
    void step(char where) { step_ = where; }
    guard_under_test another() const { return kind_.make(heard_); }

    unsigned char* block = nullptr;

private:
    guard_under_test       under_;
    autopmr::fault_handler heard_;
    const guard_column&    kind_;
    std::atomic<char>&     step_;
};

struct fault_case {
    const char*                 name;  ///< its row
    std::vector<fault_kind>     kinds;  ///< what it may be called: the guards that know less call it less exactly
    fault_access                access;  ///< of a report at the access
    std::size_t                 past_end, before_start;  ///< of a report at the access
    unsigned                    reports;  ///< how many there are where it is found
    std::function<void(offender&)> commit;
};

inline std::function<void(offender&)> use_after(int frees, bool writes) {
    return [=](offender& o) {
        auto* const p = o.take();
        o.good_give(p);
        o.churn(frees);
        writes ? o.write(p, 8) : o.read(p, 8);
        o.sweep();
    };
}
/// A touch of a live block, which is then freed as it should be.
inline std::function<void(offender&)> touch(std::ptrdiff_t at, bool writes, std::size_t bytes = 64) {
    return [=](offender& o) {
        auto* const p = o.take(bytes);
        writes ? o.write(p, at) : o.read(p, at);
        o.give(p, bytes);
    };
}
/// A deallocation that should not be.
template <class Free>
std::function<void(offender&)> frees(Free free) {
    return [=](offender& o) { free(o, o.take()); };
}
inline std::function<void(offender&)> asks(std::size_t bytes, std::size_t alignment) {
    return [=](offender& o) {
        o.step('?');
        try {
            static_cast<void>(o.take(bytes, alignment));
        } catch (const std::bad_alloc&) {
            o.step('R');
        }
    };
}

inline std::vector<fault_case> fault_cases() {
    using k = fault_kind;
    constexpr auto r = fault_access::read, w = fault_access::write, none = fault_access::unknown;
    static unsigned char on_the_side[64] = {};
    return {
        {"overrun: write 1 byte", {k::overrun}, w, 1, 0, 1, touch(64, true)},
        {"overrun: read 1 byte", {k::overrun}, r, 1, 0, 1, touch(64, false)},
        {"overrun: write byte 64 past the end", {k::overrun}, w, 64, 0, 1, touch(127, true)},
        {"overrun: write beyond a page", {k::overrun, k::wild_access}, w, 5000, 0, 1, touch(64 + 4999, true)},
        {"overrun: read beyond a page", {k::overrun, k::wild_access}, r, 5000, 0, 1, touch(64 + 4999, false)},
        {"slack of an odd size: write", {k::overrun}, w, 1, 0, 1, touch(61, true, 61)},
        {"slack of an odd size: read", {k::overrun}, r, 1, 0, 1, touch(61, false, 61)},
        {"underrun: write 1 byte", {k::underrun}, w, 0, 1, 1, touch(-1, true)},
        {"underrun: read 1 byte", {k::underrun}, r, 0, 1, 1, touch(-1, false)},
        {"underrun: write byte 16 before", {k::underrun, k::foreign_pointer}, w, 0, 16, 1, touch(-16, true)},
        {"underrun: write beyond a page", {k::underrun, k::overrun, k::wild_access}, w, 0, 0, 1, touch(-5000, true)},
        {"underrun: read beyond a page", {k::underrun, k::overrun, k::wild_access}, r, 0, 0, 1, touch(-5000, false)},
        {"use after free: read at once", {k::use_after_free}, r, 0, 0, 1, use_after(0, false)},
        {"use after free: write at once", {k::use_after_free, k::write_after_free}, w, 0, 0, 1, use_after(0, true)},
        {"use after free: read after 1 free", {k::use_after_free}, r, 0, 0, 1, use_after(1, false)},
        {"use after free: read after 1,000 frees", {k::use_after_free}, r, 0, 0, 1, use_after(1000, false)},
        {"use after free: write after 1,000 frees", {k::use_after_free, k::write_after_free}, w, 0, 0, 1, use_after(1000, true)},
        {"use after free: read after 30,000 frees", {k::use_after_free}, r, 0, 0, 1, use_after(30000, false)},
        {"use after free: read after 1,000,000 frees", {k::use_after_free}, r, 0, 0, 1, use_after(1000000, false)},
        {"double free: at once", {k::double_free, k::foreign_pointer}, none, 0, 0, 1, frees([](offender& o, void* p) {
             o.good_give(p);
             o.give(p);
         })},
        {"double free: after 1,000 others", {k::double_free, k::foreign_pointer}, none, 0, 0, 1, frees([](offender& o, void* p) {
             o.good_give(p);
             o.churn(1000);
             o.give(p);
         })},
        {"double free: two threads race", {k::double_free}, none, 0, 0, 100, [](offender& o) {
             for (int i = 0; i != 100; ++i) {
                 void* const       p = o.take();
                 std::atomic<bool> go{false};
                 o.step('F');
                 std::thread other([&] {
                     while (!go) continue;
                     o.give(p);
                 });
                 go = true;
                 o.give(p);
                 other.join();
             }
         }},
        {"foreign pointer: of the stack", {k::foreign_pointer}, none, 0, 0, 1, [](offender& o) {
             alignas(16) unsigned char local[256] = {};
             o.give(local + 128);
         }},
        {"foreign pointer: a static", {k::foreign_pointer}, none, 0, 0, 1, [](offender& o) { o.give(on_the_side + 48, 8); }},
        {"foreign pointer: of malloc", {k::foreign_pointer}, none, 0, 0, 1, [](offender& o) {
             auto* const other = static_cast<unsigned char*>(std::malloc(256));
             o.give(other + 64);
         }},
        {"interior pointer: 16 bytes in", {k::interior_pointer, k::foreign_pointer}, none, 0, 0, 1, frees([](offender& o, unsigned char* p) {
             o.give(p + 16);
             o.good_give(p);  // it lives still
         })},
        {"interior pointer: 1 byte in", {k::interior_pointer, k::foreign_pointer}, none, 0, 0, 1, frees([](offender& o, unsigned char* p) {
             o.give(p + 1);
             o.good_give(p);  // it lives still
         })},
        {"wild pointer", {k::foreign_pointer}, none, 0, 0, 1, [](offender& o) { o.give(reinterpret_cast<void*>(std::uintptr_t{0x7fff00010000} & ~std::uintptr_t{15})); }},
        {"null pointer", {k::foreign_pointer}, none, 0, 0, 1, [](offender& o) { o.give(nullptr); }},
        {"wrong size: one less", {k::wrong_size}, none, 0, 0, 1, frees([](offender& o, void* p) { o.give(p, 63); })},
        {"wrong size: one more", {k::wrong_size}, none, 0, 0, 1, frees([](offender& o, void* p) { o.give(p, 65); })},
        {"wrong alignment", {k::wrong_alignment}, none, 0, 0, 1, frees([](offender& o, void* p) { o.give(p, 64, 16); })},
        {"wrong resource of the same kind", {k::wrong_resource, k::foreign_pointer}, none, 0, 0, 1, [](offender& o) {
             static guard_under_test other = o.another();  // outlives the case: its block is not its leak
             o.give(other.memory->allocate(64, 8));
         }},
        {"zero bytes: written", {k::overrun, k::foreign_pointer}, w, 1, 0, 1, touch(0, true, 0)},
        {"zero bytes: read", {k::overrun}, r, 1, 0, 1, touch(0, false, 0)},
        {"size SIZE_MAX", {}, none, 0, 0, 0, asks(SIZE_MAX, 8)},
        {"size SIZE_MAX - 63", {}, none, 0, 0, 0, asks(SIZE_MAX - 63, 8)},
        {"size PTRDIFF_MAX + 1", {}, none, 0, 0, 0, asks(std::size_t{PTRDIFF_MAX} + 1, 8)},
        {"alignment 0", {}, none, 0, 0, 0, asks(64, 0)},
        {"alignment 3", {}, none, 0, 0, 0, asks(64, 3)},
        {"leak, at the guard's end", {k::leak}, none, 0, 0, 1, [](offender& o) {
             static_cast<void>(o.take());
             o.end();
         }},
    };
}

}  // namespace autopmr_test
