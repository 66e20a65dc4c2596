// The languages of the world (package iso-codes) as a protobuf Struct, in an arena whose blocks are counted.
#include <autopmr/adapters/protobuf.hpp>
#include <autopmr/autopmr.hpp>

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

int main() {
    std::ifstream     file("/usr/share/iso-codes/json/iso_639-3.json");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.empty()) return std::puts("skipped: the package iso-codes is not here"), 77;
    // [install]
    auto& counted = autopmr::make_immortal<autopmr::statistics_resource>();
    if (const auto answer = autopmr::install_in_protobuf(counted, "example"); !answer) return std::puts(answer.why().data()), 1;
    google::protobuf::ArenaOptions options = autopmr::protobuf_arena_options();
    options.max_block_size = 256 << 10;
    // [/install]
    int languages = 0;
    {
        google::protobuf::Arena arena(options);
        auto* const             all = google::protobuf::Arena::CreateMessage<google::protobuf::Struct>(&arena);
        if (!google::protobuf::util::JsonStringToMessage(text, all).ok()) return 1;
        languages = all->fields().at("639-3").list_value().values_size();
        const auto now = counted.observer().now();
        std::printf("%d languages in %zu blocks of %zu bytes\n", languages, now.count, now.live);
    }
    return languages > 7000 && counted.observer().now().live == 0 ? 0 : 1;
}
