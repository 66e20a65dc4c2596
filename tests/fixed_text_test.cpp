#include <autopmr/fixed_text.hpp>

#include "support/catch.hpp"

using autopmr::fixed_text;

TEST_CASE("a fixed_text keeps what fits") {
    fixed_text<16> text("cpu ");
    text.append(42ULL);
    CHECK(text.view() == "cpu 42");
    CHECK_FALSE(text.empty());
}

TEST_CASE("a fixed_text marks a cut") {
    fixed_text<8> text("0123456789");
    CHECK(text.view() == "01234...");
    text.clear();
    CHECK(text.empty());
}

TEST_CASE("a fixed_text that is exactly full is not cut") { CHECK(fixed_text<4>("abcd").view() == "abcd"); }

TEST_CASE("numbers are written whole") {
    CHECK(fixed_text<24>().append(0ULL).view() == "0");
    CHECK(fixed_text<24>().append(18446744073709551615ULL).view() == "18446744073709551615");
}
