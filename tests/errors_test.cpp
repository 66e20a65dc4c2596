#include <autopmr/errors.hpp>

#include "support/catch.hpp"

#include <cstring>
#include <string>
#include <type_traits>

namespace {

template <class Error, class Throw>
Error caught(Throw throwing) {
    try {
        throwing();
    } catch (const std::bad_alloc& error) {
        // As the most general handler sees it: the static text of the most derived class.
        const auto* exact = dynamic_cast<const Error*>(&error);
        REQUIRE(exact != nullptr);
        CHECK(std::string(error.what()) == exact->what());
        return *exact;
    }
    FAIL("nothing was thrown");
    throw 0;
}

}  // namespace

TEST_CASE("every refusal is a std::bad_alloc that carries the request") {
    const auto memory = caught<autopmr::out_of_memory>([] { autopmr::throw_out_of_memory(100, 8, "here"); });
    CHECK(memory.bytes() == 100);
    CHECK(memory.alignment() == 8);
    CHECK(std::string(memory.resource()) == "here");
    CHECK(std::string(memory.what()) == "autopmr: out of memory");

    const auto limit = caught<autopmr::limit_exceeded>([] { autopmr::throw_limit_exceeded(7, 1, "budget", 6); });
    CHECK(limit.bytes() == 7);
    CHECK(limit.limit() == 6);
    CHECK(std::strstr(limit.what(), "limit") != nullptr);

    const auto alignment = caught<autopmr::bad_alignment>([] { autopmr::throw_bad_alignment(1, 3, "here"); });
    CHECK(alignment.alignment() == 3);
    CHECK(std::strstr(alignment.what(), "power of two") != nullptr);

    const auto thread = caught<autopmr::wrong_thread>([] { autopmr::throw_wrong_thread(1, 1, "heap"); });
    CHECK(std::strstr(thread.what(), "thread") != nullptr);
}

TEST_CASE("copying an error can't fail: it may happen while memory is out") {
    CHECK(std::is_nothrow_copy_constructible_v<autopmr::out_of_memory>);
    CHECK(std::is_nothrow_copy_constructible_v<autopmr::limit_exceeded>);
    CHECK(std::is_nothrow_copy_constructible_v<autopmr::bad_alignment>);
    CHECK(std::is_nothrow_copy_constructible_v<autopmr::wrong_thread>);
}

TEST_CASE("a configuration_error keeps its text, and what does not fit is cut") {
    try {
        autopmr::throw_configuration_error("no backend of that name");
        FAIL("nothing was thrown");
    } catch (const std::exception& error) {
        CHECK(std::string(error.what()) == "no backend of that name");
    }
    const std::string long_text(2000, 'x');
    CHECK(std::string(autopmr::configuration_error(long_text).what()) == std::string(511, 'x'));
}
