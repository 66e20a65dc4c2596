// A subsystem in static constructors, thread-locals and static destructors. Fails by crashing or by what it prints last.
#include <autopmr/subsystem.hpp>

#include <cstdio>
#include <memory_resource>
#include <string>
#include <thread>
#include <vector>

namespace {

// Destroyed last, since it is constructed first: the library's own statics may be gone by then.
struct last_word {
    ~last_word() {
        autopmr::subsystem_resource& late = autopmr::subsystem("made.by.a.destructor");
        {
            std::pmr::string text(1000, 'x', &late);
        }
        std::printf("last destructor done, %zu bytes live\n", autopmr::subsystem("").usage().live);
    }
} const last;

auto&                         net = autopmr::subsystem("net");
std::pmr::vector<std::string> names({"before main", std::string(100, 'y')}, &net);

struct at_thread_end {
    std::pmr::vector<int> numbers{&net};
    ~at_thread_end() { numbers.resize(1000); }
};

}  // namespace

int main() {
    std::thread([] {
        thread_local at_thread_end holder;
        holder.numbers.push_back(1);
    }).join();
    std::puts("thread done");
    if (net.usage().live != 2 * sizeof(std::string)) std::puts("the thread's block was not given back");
    else std::puts("main done");
}
