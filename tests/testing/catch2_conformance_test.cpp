#include <autopmr/testing/catch2_conformance.hpp>

#include "support/catch.hpp"
#include "testing/mutants.hpp"

using namespace autopmr::testing;

TEST_CASE("a sound resource passes section by section") { check_with_catch(mutants::over_upstream<mutants::pass_through>("pass-through")); }

TEST_CASE("a broken one fails", "[!shouldfail]") { check_with_catch(mutants::over_upstream<mutants::null_for_zero>("null for zero")); }

TEST_CASE("one that breaks no promise it makes does not") {
    auto subject = mutants::over_upstream<mutants::forgets_alignment>("forgets alignment");
    CHECK(check_promise(subject, "bad alignments are refused").what == outcome::broken);
    subject.reports_bad_alignment = false;
    CHECK(check_promise(subject, "bad alignments are refused").what == outcome::not_promised);
}
