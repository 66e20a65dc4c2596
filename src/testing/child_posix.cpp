#include "child.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>

namespace autopmr::testing {

std::string why_no_child() { return {}; }

child_end in_child(const std::function<int()>& body, unsigned seconds) {
    int pipe_ends[2];
    if (::pipe(pipe_ends) != 0) return {};
    std::fflush(stdout);  // or a runtime that flushes at _exit, as ThreadSanitizer's does, writes it twice
    const pid_t child = ::fork();
    if (child == 0) {
        // The test framework's handlers would report the signal as a failure of this test.
        for (int signal : {SIGABRT, SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGTERM, SIGALRM}) ::signal(signal, SIG_DFL);
        ::alarm(seconds);
        ::dup2(pipe_ends[1], STDERR_FILENO);
        ::close(pipe_ends[0]);
        ::close(pipe_ends[1]);
        // What is thrown ends here: further up stands the rest of the test program, which is the parent's to run.
        int status = 125;
        try {
            status = body();
        } catch (const std::exception& error) {
            const std::string_view words = error.what();
            if (::write(STDERR_FILENO, words.data(), words.size()) < 0) status = 125;
        } catch (...) {}
        ::_exit(status);
    }
    ::close(pipe_ends[1]);
    child_end end;
    char      buffer[512];
    for (ssize_t got = 0; (got = ::read(pipe_ends[0], buffer, sizeof buffer)) > 0;)
        end.error.append(buffer, static_cast<std::size_t>(got));
    ::close(pipe_ends[0]);
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) return end;
    if (WIFEXITED(status)) end.exit_status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    end.hung = end.signal == SIGALRM;
    return end;
}

}  // namespace autopmr::testing
