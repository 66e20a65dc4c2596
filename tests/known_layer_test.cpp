// Which of the process's own resources are known as layers where only a memory_resource* is left of them.

#include <autopmr/resource_ptr.hpp>

#include "support/catch.hpp"

#include <autopmr/selector.hpp>
#include <autopmr/subsystem.hpp>

#include <memory_resource>

using namespace autopmr;

TEST_CASE("a backend's resource is known as a layer by its address") {
    for (const backend& one : backends()) {
        layer* const known = known_layer(&one.resource());
        REQUIRE(known != nullptr);
        CHECK(known->name() == one.name);
    }
    CHECK(known_layer(std::pmr::null_memory_resource()) == nullptr);
}

TEST_CASE("a subsystem is known as a layer by its address") {
    std::pmr::memory_resource* const plain = &subsystem("selector.test");
    REQUIRE(known_layer(plain) != nullptr);
    CHECK(known_layer(plain)->name() == "selector.test");
    CHECK(resource_ptr(plain).as_layer() == known_layer(plain));
}
