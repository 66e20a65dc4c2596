#pragma once
/// \file
/// A folder that stands for a machine: a copy of a fixture, or empty, to be spoilt by a test and removed at its end.

#include <autopmr/host.hpp>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

inline std::string fixture(std::string_view name) {
    return std::string(AUTOPMR_SOURCE_DIR "/tests/host/fixtures/").append(name);
}

class scratch_root {
public:
    explicit scratch_root(std::string_view copy_of = {}) {
        std::string pattern = (std::filesystem::temp_directory_path() / "autopmr-host-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder: " + pattern);
        path_ = pattern;
        if (!copy_of.empty())
            std::filesystem::copy(fixture(copy_of), path_, std::filesystem::copy_options::recursive);
    }
    ~scratch_root() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    scratch_root(const scratch_root&) = delete;
    scratch_root& operator=(const scratch_root&) = delete;

    scratch_root& write(const std::string& file, std::string_view content) {
        const auto path = path_ / file;
        std::filesystem::remove_all(path);
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << content;
        return *this;
    }
    scratch_root& remove(const std::string& file) {
        std::filesystem::remove_all(path_ / file);
        return *this;
    }
    scratch_root& folder_in_place_of(const std::string& file) {
        remove(file);
        std::filesystem::create_directories(path_ / file);
        return *this;
    }
    scratch_root& dangling_link_in_place_of(const std::string& file) {
        remove(file);
        std::filesystem::create_symlink("/nowhere/at/all", path_ / file);
        return *this;
    }
    [[nodiscard]] std::filesystem::path at(const std::string& file) const { return path_ / file; }
    [[nodiscard]] autopmr::host         probe() const { return autopmr::probe_host(path_.string()); }

private:
    std::filesystem::path path_;
};
