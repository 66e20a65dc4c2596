// The main job on real input: a Debian package index, read into std::pmr containers that three subsystems hold, each with
// counters of its own; then the same work on every backend, on std::pmr's own resource and on plain containers, side by side.
#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <memory_resource>
#include <stdexcept>
#include <string>
#include <vector>

#include "package_index/input.hpp"
#include "package_index/side_by_side.hpp"

namespace {

struct options {
    std::vector<std::string> files;
    std::string              one_case;
    int                      rounds = 5;
    bool                     help = false;
};

constexpr const char* usage =
    "usage: package_index [FILE]... [--rounds N] [--case NAME]\n"
    "  FILE          a Debian package index, plain or compressed; default: the machine's apt lists, else dpkg's status (also as --file FILE)\n"
    "  --rounds N    how often each case runs in the comparison, 0 to 1000 (0: none); default 5\n"
    "  --case NAME   only this case, in this process: prints CPU milliseconds, peak MiB and what it found\n";

struct usage_error : std::runtime_error {
    using runtime_error::runtime_error;
};

options parsed(int count, char** words) {
    options result;
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        if (word == "--help") {
            result.help = true;
            continue;
        }
        if (word.rfind('-', 0) != 0 && !word.empty()) {
            result.files.push_back(word);
            continue;
        }
        if (word != "--file" && word != "--rounds" && word != "--case") throw usage_error("unknown option " + word + "; --help lists them");
        if (++i == count) throw usage_error(word + " needs a value; --help says which");
        const std::string value = words[i];
        if (word == "--file") result.files.push_back(value);
        else if (word == "--case") result.one_case = value;
        else {
            const bool number = !value.empty() && value.size() <= 4 && value.find_first_not_of("0123456789") == std::string::npos;
            result.rounds = number ? std::stoi(value) : -1;
            if (result.rounds < 0 || result.rounds > 1000) throw usage_error("--rounds is a number from 0 to 1000, not \"" + value + "\"");
        }
    }
    return result;
}

void show(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void main_job(const std::string& path, const std::string& where) {
    const autopmr::decision choice = autopmr::install_default();
    if (!choice.ok()) throw std::runtime_error(std::string(choice.error()));

    auto& text = autopmr::subsystem("packages.text");
    auto& index = autopmr::subsystem("packages.index");
    auto& graph = autopmr::subsystem("packages.graph");
    package_graph<std::pmr::polymorphic_allocator> packages(&text, &index, &graph);
    read_into(packages, path);

    show("Read from " + where + ": " + std::to_string(packages.packages()) + " packages in " + std::to_string(packages.sections()) + " sections, " +
         std::to_string(packages.edges()) + " dependencies.\nThe most depended-on:\n");
    for (const dependants& each : packages.most_needed(10)) std::printf("%8zu  %s\n", each.count, each.name.c_str());
    show("\nThe subsystems that hold them:\n" + autopmr::subsystem_table() + "\nWhy this allocator:\n" + choice.table() + "\n");
}

int run(int count, char** words) {
    const options asked = parsed(count, words);
    if (asked.help) return show(usage), 0;
    const std::vector<std::string> files = asked.files.empty() ? machine_indexes() : asked.files;
    std::string                    where = files.size() == 1 ? files[0] : std::to_string(files.size()) + " files, one after the other";
    const bool                     prepared = !asked.one_case.empty() && files.size() == 1 && files[0].rfind("/proc/self/fd/", 0) == 0;
    const std::string              path = prepared ? files[0] : decompressed(files);
    try {
        if (!asked.one_case.empty()) return run_case(asked.one_case, path);
        main_job(path, where);
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(where + ": " + error.what());
    }
    if (asked.rounds == 0) return 0;
    std::printf("The same work, each case in a process of its own, %d round%s, taking turns:\n", asked.rounds, asked.rounds == 1 ? "" : "s");
    std::fflush(stdout);
    show(side_by_side(all_cases(), path, asked.rounds));
    return 0;
}

}  // namespace

int main(int count, char** words) {
    try {
        return run(count, words);
    } catch (const usage_error& error) {
        std::fprintf(stderr, "package_index: %s\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "package_index: %s\n", error.what());
        return 1;
    }
}
