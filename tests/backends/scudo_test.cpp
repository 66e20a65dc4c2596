#include <autopmr/backends/scudo.hpp>

#include "backends/checks.hpp"

using namespace autopmr;

#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

TEST_CASE("scudo serves and keeps books") {
    if (absent(scudo_backend)) return;
    CHECK(scudo_backend.version().substr(0, 4) == "LLVM");
    check_books(scudo_backend);
}

TEST_CASE("scudo stops a double free") {
    if (absent(scudo_backend)) return;
    const pid_t child = ::fork();
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL);  // not Catch's
        ::close(STDERR_FILENO);
        void* block = scudo_backend.allocate(100, 8);
        scudo_backend.deallocate(block, 100, 8);
        scudo_backend.deallocate(block, 100, 8);
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK((WIFSIGNALED(status) || WEXITSTATUS(status) != 0));
}
