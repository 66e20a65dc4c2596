#include "stacks.hpp"

#include <autopmr/autopmr.hpp>

#include <memory>
#include <memory_resource>
#include <string>

namespace autopmr::testing {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{32} << 20;

conformance_subject secrets(bool isolated) {
    conformance_subject subject;
    subject.name = isolated ? "isolated secrets" : "secrets";
    subject.make = [=](std::pmr::memory_resource*) {
        secret_options options;
        options.isolated = isolated;
        return std::make_shared<secret_resource>(options);
    };
    subject.hides_from_children = true;
    subject.books = [](std::pmr::memory_resource& r) { return std::to_string(static_cast<secret_resource&>(r).usage().live); };
    subject.live_bytes = [](std::pmr::memory_resource& r) { return static_cast<secret_resource&>(r).usage().live_bytes; };
    return subject;
}

template <class Resource>
conformance_subject source(std::string name) {
    conformance_subject subject;
    subject.name = std::move(name);
    subject.make = [](std::pmr::memory_resource*) { return std::make_shared<Resource>(); };
    return subject;
}

}  // namespace

std::vector<conformance_subject> sources() {
    struct heap_with_buffer {
        std::unique_ptr<char[]> memory{new char[buffer_bytes]};
        fixed_heap_resource     heap{memory.get(), buffer_bytes};
    };
    conformance_subject own_mapped;
    own_mapped.name = "the process's mapped";
    own_mapped.make = [](std::pmr::memory_resource*) { return immortal(mapped()); };
    std::vector<conformance_subject> all(2);
    all[0].name = "fixed heap";
    all[0].make = [](std::pmr::memory_resource*) {
        const auto whole = std::make_shared<heap_with_buffer>();
        return std::shared_ptr<std::pmr::memory_resource>(whole, &whole->heap);
    };
    all[0].books = [](std::pmr::memory_resource& r) { return std::to_string(static_cast<fixed_heap_resource&>(r).used()); };
    all[1].name = "static resource";
    all[1].make = [](std::pmr::memory_resource*) { return std::make_shared<static_resource<buffer_bytes>>(); };
    all[1].books = [](std::pmr::memory_resource& r) { return std::to_string(static_cast<static_resource<buffer_bytes>&>(r).used()); };
    for (conformance_subject& each : all) each.any_thread = false;
    all.insert(all.end(), {own_mapped, source<mapped_resource>("mapped"), source<huge_page_resource>("huge pages"), secrets(false), secrets(true)});
    for (const bool markers : {true, false}) {
        page_guarded_options options;
        options.leaks = leak_answer::ignore;  // what the suite leaves behind is its own affair
        options.pool.guard_markers = markers;
        options.pool.frames = 1;
        all.emplace_back();
        all.back().name = markers ? "page guard" : "page guard without markers";
        all.back().make = [options](std::pmr::memory_resource*) { return std::make_shared<page_guarded_resource>(options); };
        all.back().books = [](std::pmr::memory_resource& r) {
            const guard_pool_usage now = static_cast<page_guarded_resource&>(r).usage();
            return std::to_string(now.live) + " blocks of " + std::to_string(now.live_bytes) + " bytes";
        };
    }
    return all;
}

}  // namespace autopmr::testing
