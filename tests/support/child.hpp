#pragma once
/// \file
/// Runs something in a child process and says how it ended: for what may abort, trap or never return.

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

namespace autopmr_test {

struct child_end {
    int         exit_status = -1;  ///< -1 where a signal ended it
    int         signal = 0;        ///< 0 where it exited
    std::string error;             ///< what it wrote to standard error
};

/// Calls `body` in a forked child, whose return value becomes its exit status. A body that hangs is ended by SIGALRM.
template <class Body>
child_end in_child(Body body) {
    int pipe_ends[2];
    if (::pipe(pipe_ends) != 0) return {};
    const pid_t child = ::fork();
    if (child == 0) {
        // The test framework's handlers would report the signal as a failure of this test.
        for (int signal : {SIGABRT, SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGTERM}) ::signal(signal, SIG_DFL);
        ::alarm(60);
        ::dup2(pipe_ends[1], STDERR_FILENO);
        ::close(pipe_ends[0]);
        ::close(pipe_ends[1]);
        ::_exit(body());
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
    return end;
}

}  // namespace autopmr_test
