#pragma once
/// \file
/// Runs a program and gives back what it printed and how it ended; or starts one that waits, to be looked at meanwhile.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace autopmr_test {

using words = std::vector<std::string>;

/// Replaces this (child) process. `settings`: "NAME=value" sets, "NAME" removes.
[[noreturn]] inline void become(const words& line, const words& settings) {
    for (const char* name : {"LD_PRELOAD", "NO_COLOR", "AUTOPMR_BACKEND", "AUTOPMR_GOAL", "AUTOPMR_POLICY", "AUTOPMR_VERBOSE"}) ::unsetenv(name);
    ::setenv("LSAN_OPTIONS", "print_suppressions=0:suppressions=" AUTOPMR_SOURCE_DIR "/tests/support/leaks.supp", 1);
    for (const std::string& one : settings) {
        const std::size_t equals = one.find('=');
        if (equals == one.npos) ::unsetenv(one.c_str());
        else ::setenv(one.substr(0, equals).c_str(), one.substr(equals + 1).c_str(), 1);
    }
    std::vector<char*> arguments;
    for (const std::string& word : line) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    for (int signal : {SIGABRT, SIGSEGV, SIGTERM, SIGINT}) ::signal(signal, SIG_DFL);
    ::alarm(100);
    ::execv(arguments[0], arguments.data());
    ::_exit(111);
}

struct outcome {
    int         status = -1;  ///< -1 where a signal ended it
    int         signal = 0;
    long        pid = 0;
    std::string out, err;
};

inline std::string read_and_close(std::FILE* file) {
    std::string text;
    std::rewind(file);
    for (int c = 0; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
    std::fclose(file);
    return text;
}

inline outcome run_program(const words& line, const words& settings = {}) {
    std::FILE*  out = std::tmpfile();
    std::FILE*  err = std::tmpfile();
    const pid_t child = ::fork();
    if (child == 0) {
        const int nothing = ::open("/dev/null", O_RDONLY);
        ::dup2(nothing, STDIN_FILENO);
        ::dup2(::fileno(out), STDOUT_FILENO);
        ::dup2(::fileno(err), STDERR_FILENO);
        become(line, settings);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    outcome end;
    end.pid = child;
    if (WIFEXITED(status)) end.status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    end.out = read_and_close(out);
    end.err = read_and_close(err);
    return end;
}

/// `autopmr` with these words.
inline outcome autopmr_with(words line, const words& settings = {}) {
    line.insert(line.begin(), AUTOPMR_PROGRAM);
    return run_program(line, settings);
}

/// A program that prints "process N" and then waits for the end of its standard input, which is this object's.
class waiting_program {
public:
    explicit waiting_program(const words& line, const words& settings = {}) {
        int in[2], out[2];
        if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
        child_ = ::fork();
        if (child_ == 0) {
            ::dup2(in[0], STDIN_FILENO);
            ::dup2(out[1], STDOUT_FILENO);
            become(line, settings);
        }
        ::close(in[0]);
        ::close(out[1]);
        hold_ = in[1];
        char part[256];
        for (ssize_t got = 0; printed_.find("process ") == printed_.npos && (got = ::read(out[0], part, sizeof part)) > 0;)
            printed_.append(part, static_cast<std::size_t>(got));
        ::close(out[0]);
    }
    waiting_program(const waiting_program&) = delete;
    waiting_program& operator=(const waiting_program&) = delete;
    ~waiting_program() {
        ::close(hold_);
        int status = 0;
        ::waitpid(child_, &status, 0);
    }
    long               pid() const { return child_; }
    const std::string& printed() const { return printed_; }

private:
    pid_t       child_ = -1;
    int         hold_ = -1;
    std::string printed_;
};

/// A folder of its own for one test, gone after it.
class scratch_folder {
public:
    scratch_folder() {
        std::string name = std::filesystem::temp_directory_path() / "autopmr-test-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
        path_ = name;
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;
    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string file(const std::string& name, const std::string& contents, unsigned mode = 0644) const {
        const std::string path = path_ / name;
        std::ofstream(path, std::ios::binary) << contents;
        std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
        return path;
    }
    std::string copy(const std::string& from, const std::string& name, unsigned mode) const {
        const std::string path = path_ / name;
        std::filesystem::copy_file(from, path);
        if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) throw std::runtime_error("chmod");
        return path;
    }
    std::string path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }
inline bool is_one_line(const std::string& text) { return !text.empty() && text.find('\n') == text.size() - 1; }

}  // namespace autopmr_test
