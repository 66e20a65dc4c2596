#pragma once
/// \file
/// Package indexes: where this machine has them, opened as one plain stream, and cut into paragraphs.

#include "package_graph.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// The machine's apt package lists, else dpkg's status file. Throws std::runtime_error where there is neither.
std::vector<std::string> machine_indexes();

/// All of the files, decompressed and one after the other, in a memory file of this process. Its path may be opened by
/// this process and its children. Throws std::runtime_error with one line: which file, what is wrong, what to do.
std::string decompressed(const std::vector<std::string>& files);

/// Reads a plain index in pieces and calls back for each paragraph.
class paragraph_reader {
public:
    explicit paragraph_reader(const std::string& path);
    ~paragraph_reader();
    paragraph_reader(const paragraph_reader&) = delete;
    paragraph_reader& operator=(const paragraph_reader&) = delete;

    /// False at the end. The fields are valid until the next call. Throws std::runtime_error that names the line.
    bool next(std::vector<field>& fields);

private:
    bool read_line(std::string& line);

    int               file_;
    std::size_t       begin_ = 0, end_ = 0, line_number_ = 0;
    std::vector<char> buffer_;
    std::string       line_, text_;
};

template <template <class> class Allocator>
void read_into(package_graph<Allocator>& graph, const std::string& path) {
    paragraph_reader   paragraphs(path);
    std::vector<field> fields;
    while (paragraphs.next(fields)) graph.add(fields.data(), fields.data() + fields.size());
    if (graph.packages() == 0) throw std::runtime_error("holds no package; give a Debian package index (Packages, or dpkg's status)");
    graph.link();
}
