// Every fixture, its files spoilt at random (the same way each run): probing must not crash, hang or make up nonsense.
#include <algorithm>
#include <iterator>
#include <random>
#include <vector>

#include "host/scratch_root.hpp"
#include "support/catch.hpp"

using namespace autopmr;
namespace fs = std::filesystem;

namespace {

std::string content_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string spoilt(std::string text, std::mt19937& dice) {
    static const std::string_view pieces[] = {"-", "max", "18446744073709551616", "9223372036854771712", "\n", ",", "/..", " - ",
                                              "0::", "[", "]", ":", "\\040", "\\777", "99999999999", "memory", "/"};
    const auto upto = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n)(dice); };
    for (std::size_t times = 1 + upto(3); times != 0; --times) {
        const std::size_t at = upto(text.size());
        switch (upto(5)) {
            case 0: text.insert(at, pieces[upto(std::size(pieces) - 1)]); break;
            case 1: text.erase(at, upto(8)); break;
            case 2: text.resize(at); break;
            case 3: text.insert(at, text); break;
            case 4: text.insert(at, upto(6000), static_cast<char>(upto(255))); break;
            default:
                if (at < text.size()) text[at] = static_cast<char>(upto(255));
        }
    }
    return text;
}

/// What holds whatever the files say.
bool sane(const host& facts) {
    bool good = true;
    const auto origin_is_given = [&](const auto& fact) { good = good && !fact.origin.empty(); };
    origin_is_given(facts.effective_cpus), origin_is_given(facts.affinity_cpus), origin_is_given(facts.cpu_quota_percent);
    origin_is_given(facts.memory_limit), origin_is_given(facts.memory_usage), origin_is_given(facts.physical_memory);
    origin_is_given(facts.page_size), origin_is_given(facts.transparent_huge_pages), origin_is_given(facts.numa_nodes);
    origin_is_given(facts.malloc_owner), origin_is_given(facts.malloc_replaced), origin_is_given(facts.watching);
    origin_is_given(facts.valgrind), origin_is_given(facts.container), origin_is_given(facts.wine);
    if (facts.effective_cpus) good = good && facts.effective_cpus.value >= 1 && facts.effective_cpus.value <= 65536;
    if (facts.affinity_cpus && facts.effective_cpus) good = good && facts.effective_cpus.value <= facts.affinity_cpus.value;
    if (facts.cpu_quota_percent) good = good && facts.cpu_quota_percent.value >= 1;
    if (facts.memory_limit && facts.physical_memory) good = good && facts.memory_limit.value < facts.physical_memory.value;
    if (!facts.memory_limit) good = good && !facts.memory_usage.known;
    if (facts.page_size) good = good && (facts.page_size.value & (facts.page_size.value - 1)) == 0;
    if (facts.numa_nodes) good = good && facts.numa_nodes.value >= 1;
    return good;
}

}  // namespace

TEST_CASE("spoilt fixtures") {
    std::mt19937 dice(20240607);
    int          changed = 0;
    for (const auto& entry : fs::directory_iterator(fixture(""))) {
        const std::string  name = entry.path().filename().string();
        scratch_root       machine(name);
        const host         before = machine.probe();
        std::vector<std::string> files;
        for (const auto& file : fs::recursive_directory_iterator(entry))
            if (file.is_regular_file()) files.push_back(fs::relative(file.path(), entry.path()).string());
        std::sort(files.begin(), files.end());
        REQUIRE(sane(before));
        for (int round = 0; round != 150; ++round) {
            const std::string file = files[std::uniform_int_distribution<std::size_t>(0, files.size() - 1)(dice)];
            const std::string text = content_of(machine.at(file)), other = spoilt(text, dice);
            machine.write(file, other);
            const host facts = machine.probe();
            INFO(name << ", round " << round << ", " << file << ": " << other.substr(0, 400));
            REQUIRE(sane(facts));
            changed += facts.memory_limit.origin.view() != before.memory_limit.origin.view();
            machine.write(file, text);
        }
        CHECK(machine.probe().memory_limit.origin.view() == before.memory_limit.origin.view());
    }
    CHECK(changed > 20);  // the test does reach what it is meant to spoil
}
