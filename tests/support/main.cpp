#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
#else
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif

// jemalloc takes more locks around fork than ThreadSanitizer's deadlock detector can count (64), and it then ends the program.
// Only that detector is off; races are found as ever. Without TSan nobody asks.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "detect_deadlocks=0"; }

// Scudo copies its own free blocks with memcpy, which TSan sees, under a lock of its own, which TSan does not see.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:scudo::\n"; }
