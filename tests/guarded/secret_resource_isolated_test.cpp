#include <autopmr/guarded/secret_resource.hpp>

#include "src/support/fault_sources.hpp"
#include "guarded/poke.hpp"
#include "support/catch.hpp"
#include "support/faults.hpp"

#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

using namespace autopmr;
using autopmr_test::counted_faults;
using autopmr_test::faults;
using autopmr_test::zero;

namespace {

secret_options isolated() { return {.isolated = true}; }

}  // namespace

TEST_CASE("a block of its own ends at a guard page and faults once it is freed") {
    secret_resource secrets(isolated());
    auto* const     p = static_cast<char*>(secrets.allocate(48, 16));
    CHECK(faults(p + 48));
    CHECK(faults(p + 48, fault_access::write));
    CHECK(faults(p - 4096));
    fault_report out;
    REQUIRE(fault_sources::explain(p + 48, out) != nullptr);
    CHECK(out.kind == fault_kind::overrun);
    CHECK(out.past_end == 1);
    CHECK(out.block == p);
    REQUIRE(fault_sources::explain(p - 3, out) != nullptr);
    CHECK(out.kind == fault_kind::underrun);
    CHECK(out.before_start == 3);
    counted_faults counted;
    auto* const    odd = static_cast<char*>(secrets.allocate(45, 16));
    odd[45] = 0;
    secrets.deallocate(odd, 45, 16);
    CHECK(counted_faults::last.kind == fault_kind::overrun);
    auto* const low = static_cast<char*>(secrets.allocate(45, 16));
    low[-7] = 'x';
    secrets.deallocate(low, 45, 16);
    CHECK(counted_faults::last.kind == fault_kind::underrun);
    CHECK(counted.count == 2);
    secrets.deallocate(p + 16, 48, 16);
    CHECK(counted_faults::last.kind == fault_kind::interior_pointer);
    secrets.deallocate(p, 48, 16);
    CHECK(counted.count == 3);
    CHECK(faults(p));
    REQUIRE(fault_sources::explain(p + 5, out) != nullptr);
    CHECK(out.kind == fault_kind::use_after_free);
    CHECK(out.state == block_state::freed);
    secrets.deallocate(p, 48, 16);
    CHECK(counted_faults::last.kind == fault_kind::double_free);
    CHECK(secrets.usage().live == 0);
}

TEST_CASE("a sealed secret opens through windows only") {
    for (const bool hidden : {true, false}) {
        secret_options options = isolated();
        options.hidden = hidden;
        secret_resource secrets(options);
        auto* const     p = static_cast<char*>(secrets.allocate(32, 8));
        std::strcpy(p, "open sesame");
        fault_report out;
        REQUIRE(fault_sources::explain(p, out) != nullptr);
        CHECK(out.kind == fault_kind::unknown);  // it may be touched
        REQUIRE(secrets.protect(p, secret_access::none));
        CHECK(faults(p));
        REQUIRE(fault_sources::explain(p + 2, out) != nullptr);
        CHECK(out.kind == fault_kind::no_access);
        CHECK(out.block == p);
        CHECK(out.expected_bytes == 32);
        CHECK(fault_sources::explain(p, out)->open(p) == false);
        {
            const secret_window reading = secrets.open(p, secret_access::read);
            REQUIRE(reading);
            CHECK(std::strcmp(p, "open sesame") == 0);
            if (hidden == false) CHECK(faults(p, fault_access::write));
            {
                secret_window       writing = secrets.open(p, secret_access::read_write);
                const secret_window moved = std::move(writing);
                CHECK_FALSE(writing);
                const secret_window another = secrets.open(p, secret_access::read);
                p[0] = 'O';
            }
            CHECK(std::strcmp(p, "Open sesame") == 0);
            CHECK(faults(p, fault_access::write));
        }
        CHECK(faults(p));
        const secret_window late = secrets.open(p, secret_access::read);
        secrets.protect(p, secret_access::none);
        secrets.deallocate(p, 32, 8);  // sealed or not
        counted_faults counted;
        CHECK_FALSE(secrets.protect(p, secret_access::read));
        CHECK(counted_faults::last.kind == fault_kind::use_after_free);
        CHECK_FALSE(secrets.open(&counted, secret_access::read));
        CHECK(counted_faults::last.kind == fault_kind::foreign_pointer);
    }
}

TEST_CASE("pages of 200 secrets that were freed serve again, and no more is locked") {
    secret_resource    secrets(isolated());
    std::vector<void*> all;
    for (int i = 0; i != 200; ++i) {
        all.push_back(secrets.allocate(100, 4));
        std::memset(all.back(), 1, 100);
    }
    const std::size_t most = secrets.usage().locked_bytes;
    for (void* one : all) secrets.deallocate(one, 100, 4);
    CHECK(secrets.usage().locked_bytes < most / 8);
    for (int i = 0; i != 1000; ++i) {
        void* const one = secrets.allocate(100, 4);
        REQUIRE(zero(one, 100));
        std::memset(one, 1, 100);
        secrets.deallocate(one, 100, 4);
    }
    CHECK(secrets.usage().locked_bytes < most / 8);
    secrets.trim();
    CHECK(secrets.usage().locked_bytes == 0);
}
