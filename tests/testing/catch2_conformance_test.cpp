#include <autopmr/testing/catch2_conformance.hpp>

#include "support/catch.hpp"
#include "testing/mutants.hpp"

using namespace autopmr::testing;

using mutants::pass_through;

// [with_catch]
TEST_CASE("pass_through keeps the promises of a memory_resource") {
    autopmr::testing::conformance_subject subject;
    subject.name = "pass_through";
    subject.make = [](std::pmr::memory_resource* upstream) { return std::make_shared<pass_through>(upstream); };
    subject.has_upstream = true;
    autopmr::testing::check_with_catch(subject);
}
// [/with_catch]

TEST_CASE("a broken one fails", "[!shouldfail]") {
    check_with_catch(mutants::over_upstream<mutants::null_for_zero>("null for zero"));
}

TEST_CASE("one that breaks no promise it makes does not") {
    auto subject = mutants::over_upstream<mutants::forgets_alignment>("forgets alignment");
    CHECK(check_promise(subject, "bad alignments are refused").what == outcome::broken);
    subject.reports_bad_alignment = false;
    CHECK(check_promise(subject, "bad alignments are refused").what == outcome::not_promised);
}
