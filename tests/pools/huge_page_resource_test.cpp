#include <autopmr/pools/huge_page_resource.hpp>

#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>

#include "src/platform/os.hpp"
#include "support/catch.hpp"
#include "support/faults.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace autopmr;
using autopmr_test::counted_faults;

namespace {

const std::size_t huge = huge_page_resource::page_bytes();
constexpr char    pool_size[] = "/proc/sys/vm/nr_hugepages";

/// A line of /proc/self/smaps about the mapping that holds an address, in bytes; -1 where it can't be had.
long in_smaps(const void* at, const std::string& key) {
    std::ifstream smaps("/proc/self/smaps");
    const auto    address = reinterpret_cast<std::uintptr_t>(at);
    bool          here = false;
    for (std::string line; std::getline(smaps, line);) {
        unsigned long long from = 0, to = 0;
        if (std::sscanf(line.c_str(), "%llx-%llx ", &from, &to) == 2) here = from <= address && address < to;
        else if (here && line.compare(0, key.size(), key) == 0) return std::stol(line.substr(key.size())) * 1024;
    }
    return -1;
}

/// More reserved huge pages while it lives, where one may.
class more_huge_pages {
public:
    explicit more_huge_pages(long more) {
        std::ifstream(pool_size) >> before_;
        if (before_ < 0) return;
        long now = -1;
        std::ofstream(pool_size) << before_ + more << std::flush;
        std::ifstream(pool_size) >> now;
        there_ = now == before_ + more;
    }
    ~more_huge_pages() {
        if (before_ >= 0) std::ofstream(pool_size) << before_;
    }
    more_huge_pages(const more_huge_pages&) = delete;
    more_huge_pages& operator=(const more_huge_pages&) = delete;
    [[nodiscard]] bool there() const { return there_; }

private:
    long before_ = -1;
    bool there_ = false;
};

std::size_t all(const huge_page_usage& usage) { return usage.reserved + usage.advised + usage.ordinary; }

}  // namespace

TEST_CASE("blocks are whole huge pages, and what they stand on is said") {
    huge_page_resource resource;
    for (std::size_t bytes : {std::size_t{0}, std::size_t{1}, huge, huge + 1, 3 * huge}) {
        const std::size_t whole = bytes == 0 ? huge : (bytes + huge - 1) / huge * huge;
        auto* const       block = static_cast<unsigned char*>(resource.allocate(bytes, 8));
        CHECK(reinterpret_cast<std::uintptr_t>(block) % huge == 0);
        CHECK(block[whole - 1] == 0);
        block[whole - 1] = 1;
        const huge_page_usage usage = resource.usage();
        CHECK(all(usage) == whole);
        const page_backing backing = resource.backing_of(block);
        CHECK((backing == page_backing::reserved ? usage.reserved : backing == page_backing::advised ? usage.advised : usage.ordinary) == whole);
        if (backing != page_backing::reserved) CHECK_FALSE(usage.why_not_reserved.empty());
        if (backing == page_backing::ordinary) CHECK_FALSE(usage.why_not_advised.empty());
        resource.deallocate(block, bytes, 8);
        CHECK(all(resource.usage()) == 0);
        CHECK(resource.backing_of(block) == page_backing::ordinary);
    }
}

TEST_CASE("advised blocks are on huge pages when the kernel has them") {
    huge_page_resource resource(huge_page_options{false});
    const std::size_t  bytes = 4 * huge;
    void* const        block = resource.allocate(bytes);
    std::memset(block, 1, bytes);
    CHECK(resource.usage().why_not_reserved == "not asked for (take_reserved is false)");
    if (resource.backing_of(block) != page_backing::advised) WARN("skipped: " << resource.usage().why_not_advised);
    else if (const long got = in_smaps(block, "AnonHugePages:"); got <= 0) WARN("skipped: the kernel gave no huge pages, or does not say");
    else CHECK(got >= static_cast<long>(huge));
    resource.deallocate(block, bytes);
}

TEST_CASE("reserved huge pages are taken while there are any") {
    const more_huge_pages pages(2);
    if (!pages.there()) {
        WARN("skipped: 2 huge pages can't be reserved in " << pool_size);
        return;
    }
    huge_page_resource resource;
    void* const        first = resource.allocate(huge);
    void* const        second = resource.allocate(100);
    if (resource.usage().reserved != 2 * huge) {
        WARN("skipped: another process took the reserved pages: " << resource.usage().why_not_reserved);
        resource.deallocate(first, huge);
        resource.deallocate(second, 100);
        return;
    }
    CHECK(resource.backing_of(first) == page_backing::reserved);
    CHECK(resource.backing_of(second) == page_backing::reserved);
    CHECK(in_smaps(first, "KernelPageSize:") == static_cast<long>(huge));
    std::memset(first, 1, huge);
    void* const third = resource.allocate(64 * huge);
    CHECK(resource.backing_of(third) != page_backing::reserved);
    CHECK(resource.usage().why_not_reserved == "too few huge pages are reserved and free (vm.nr_hugepages)");
    void* const aligned = resource.allocate(huge, 4 * huge);
    CHECK(resource.usage().why_not_reserved == "the block is aligned to more than a huge page");
    resource.deallocate(second, 100);
    huge_page_resource modest(huge_page_options{false});
    void* const        fourth = modest.allocate(huge);
    CHECK(modest.backing_of(fourth) != page_backing::reserved);
    modest.deallocate(fourth, huge);
    resource.deallocate(first, huge);
    resource.deallocate(third, 64 * huge);
    resource.deallocate(aligned, huge, 4 * huge);
    CHECK(all(resource.usage()) == 0);
}

TEST_CASE("bad requests are refused and change nothing") {
    huge_page_resource   resource;
    volatile std::size_t alignment;
    for (std::size_t bad : {0, 3, 4095}) {
        alignment = bad;
        CHECK_THROWS_AS(resource.allocate(1, alignment), bad_alignment);
    }
    for (std::size_t bytes : {SIZE_MAX, SIZE_MAX - huge, SIZE_MAX / 2, SIZE_MAX / 4, SIZE_MAX / 8})
        for (std::size_t at : {std::size_t{1}, std::size_t{1} << 40}) CHECK_THROWS_AS(resource.allocate(bytes, at), out_of_memory);
    CHECK(all(resource.usage()) == 0);
    void* const aligned = resource.allocate(10, std::size_t{1} << 30);
    CHECK(reinterpret_cast<std::uintptr_t>(aligned) % (std::size_t{1} << 30) == 0);
    resource.deallocate(aligned, 10, std::size_t{1} << 30);
    CHECK(all(resource.usage()) == 0);
}

TEST_CASE("what is not its own is reported and stays where it is") {
    const counted_faults faults;
    huge_page_resource   resource, other;
    void* const          block = other.allocate(huge);
    resource.deallocate(block, huge);
    CHECK(counted_faults::count == 1);
    CHECK(counted_faults::last.kind == fault_kind::foreign_pointer);
    other.deallocate(block, 5 * huge);
    CHECK(counted_faults::count == 2);
    CHECK(counted_faults::last.kind == fault_kind::wrong_size);
    CHECK(counted_faults::last.expected_bytes == huge);
    CHECK(counted_faults::last.given_bytes == 5 * huge);
    CHECK(all(other.usage()) == huge);
    other.deallocate(block, SIZE_MAX);
    resource.deallocate(&resource, huge);
    CHECK(counted_faults::count == 4);
    other.deallocate(block, huge - 1);  // the same pages
    CHECK(all(other.usage()) == 0);
    other.deallocate(block, huge);
    CHECK(counted_faults::count == 5);
}

TEST_CASE("threads share one; more blocks than one page of its list holds") {
    huge_page_resource       resource(huge_page_options{false});
    std::vector<void*>       blocks(800);
    std::vector<std::thread> threads;
    const auto               on_four_threads = [&](auto body) {
        for (std::size_t t = 0; t != 4; ++t)
            threads.emplace_back([&, body, t] {
                for (std::size_t i = t; i < blocks.size(); i += 4) body(i);
            });
        for (auto& thread : threads) thread.join();
        threads.clear();
    };
    on_four_threads([&](std::size_t i) { blocks[i] = resource.allocate(100 + i); });
    CHECK(all(resource.usage()) == blocks.size() * huge);
    for (void* block : blocks)
        if (resource.backing_of(block) == page_backing::reserved) FAIL("not asked for");
    on_four_threads([&](std::size_t i) { resource.deallocate(blocks[799 - i], 100 + 799 - i); });
    CHECK(all(resource.usage()) == 0);
}
