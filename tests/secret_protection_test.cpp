#include <autopmr/secret_protection.hpp>

#include "support/catch.hpp"

#include <cerrno>
#include <string_view>

using autopmr::has;
using autopmr::protection_unavailable;
using autopmr::secret_protection;

TEST_CASE("protections make sets") {
    constexpr auto both = secret_protection::locked | secret_protection::not_dumped;
    CHECK(has(both, secret_protection::locked));
    CHECK_FALSE(has(both, secret_protection::locked | secret_protection::not_forked));
    CHECK(has(secret_protection::all, both));
    CHECK(has(secret_protection::none, secret_protection::none));
    CHECK((both & secret_protection::not_dumped) == secret_protection::not_dumped);
}

TEST_CASE("the error says which protection is missing and why") {
    try {
        autopmr::throw_protection_unavailable({64, 16, "secret", secret_protection::locked, EPERM, 4096});
        FAIL("it did not throw");
    } catch (const std::bad_alloc& error) {
        CHECK(std::string_view(error.what()).find("RLIMIT_MEMLOCK") != std::string_view::npos);
        const auto& all = dynamic_cast<const protection_unavailable&>(error);
        CHECK(all.protection() == secret_protection::locked);
        CHECK(all.error_number() == EPERM);
        CHECK(all.lock_limit() == 4096);
        CHECK(all.bytes() == 64);
    }
    CHECK(std::string_view(protection_unavailable(1, 1, "secret", secret_protection::hidden_from_kernel, 0, 0).what()).find("memfd_secret") != std::string_view::npos);
}
