// Every allocation of two parts of a program, written to a file: `autopmr trace orders.trace` shows what it says.
#include <autopmr/autopmr.hpp>

#include <filesystem>
#include <iostream>
#include <memory_resource>
#include <string>
#include <vector>

int main() {
    const std::string path = (std::filesystem::temp_directory_path() / "orders.trace").string();
    // [tracing]
    autopmr::trace_file file(path);
    {
        autopmr::tracing_resource   orders(file, "orders"), parser(file, "parser");
        std::pmr::vector<int>       book(&orders);
        std::pmr::vector<std::byte> text(1000, &parser);
        for (int i = 0; i != 100; ++i) book.push_back(i);
    }
    if (!file.close()) std::cerr << file.error() << '\n';  // the disk is full, say: the program went on without
    std::cout << file.status().written << " events in " << file.status().bytes << " bytes\n";
    // [/tracing]
    std::filesystem::remove(path);
    return file.ok() && file.status().written == 18 && file.status().dropped == 0 ? 0 : 1;
}
