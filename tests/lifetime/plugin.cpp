// A shared object that brings the library into a program that knows nothing of it: linked to the shared core, or with a
// static copy of the core inside.
#include "uses.hpp"

#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <string>

extern "C" {
/// 0 when the default is installed and serves; 2 when another default was found and kept.
int plugin_install();
int plugin_use();
/// 0 when a count by this thread is right.
int plugin_count();
}

int plugin_install() {
    std::pmr::memory_resource* const before = std::pmr::get_default_resource();
    const autopmr::decision          decision = autopmr::install_default();
    const std::string                line = decision.line() + "\n" + decision.table();
    std::printf("%s\n", line.c_str());
    if (!decision.ok() || !use()) return 1;
    if (before != std::pmr::new_delete_resource()) return std::pmr::get_default_resource() == before ? 2 : 1;
    return std::pmr::get_default_resource() != before ? 0 : 1;
}

int plugin_use() { return use() ? 0 : 1; }

int plugin_count() {
    static autopmr::ledger books;
    books.add(100);
    return books.now().live == 100 ? 0 : 1;
}
