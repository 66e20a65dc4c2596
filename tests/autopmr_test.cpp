// The names that users rely on come with the one header, and mean what the documentation says.
#include <autopmr/autopmr.hpp>

#include <memory_resource>
#include <string_view>
#include <type_traits>

#include "support/catch.hpp"

TEST_CASE("the functions of the interface can be called as documented") {
    static_assert(std::is_same_v<decltype(*autopmr::backends().begin()), const autopmr::backend&>);
    CHECK(autopmr::find_backend("no such backend") == nullptr);
    REQUIRE(autopmr::find_backend("system") != nullptr);
    CHECK(autopmr::find_backend("system")->why_not().empty());
    CHECK(autopmr::platform_choice({autopmr::operating_system::ios}) == "system");
    CHECK(autopmr::probe_host().page_size.known);
    CHECK(autopmr::choose(autopmr::request{}).ok());
    CHECK(autopmr::select().ok());
    CHECK(autopmr::configure("interface.test", {}).ok());
    CHECK_FALSE(autopmr::load_policy("/no/such/file.toml").ok());
    CHECK(&autopmr::subsystem("interface.test") == &autopmr::subsystem("interface.test"));
    bool seen = false;
    autopmr::for_each_subsystem([&](const autopmr::subsystem_resource& s) { seen = seen || s.name() == "interface.test"; });
    CHECK(seen);
}

TEST_CASE("asking installs nothing, installing does") {
    std::pmr::memory_resource* const before = std::pmr::get_default_resource();
    CHECK(autopmr::select().ok());
    CHECK(std::pmr::get_default_resource() == before);
    CHECK_FALSE(autopmr::default_decision().ok());

    REQUIRE(autopmr::install_default().ok());
    CHECK(std::pmr::get_default_resource() == &autopmr::default_decision().resource());
    std::pmr::set_default_resource(before);
}
