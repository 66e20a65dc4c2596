// Overruns a guarded block by one byte, under a fault handler that saves its report to the file that is named; built with names
// and lines, so that these can be asked of the report.
#include <autopmr/fault_handler.hpp>
#include <autopmr/guarded/page_guarded_resource.hpp>

using namespace autopmr;

[[gnu::noinline]] void fills_too_far(volatile char* block, int bytes) {
    for (int i = 0; i <= bytes; ++i)
        block[i] = 'x';  // the overrun
}

[[gnu::noinline]] void* makes_a_block(page_guarded_resource& guarded) {
    return guarded.allocate(64, 16);  // the allocation
}

int main(int argc, char** argv) {
    if (argc != 2 || !install_fault_handler({argv[1]})) return 2;
    page_guarded_options options;
    options.name = "guarded\x1b[31m";  // as a name that would colour a terminal
    options.subsystem = "parser";
    page_guarded_resource guarded(options);
    fills_too_far(static_cast<volatile char*>(makes_a_block(guarded)), 64);
    return 3;
}
