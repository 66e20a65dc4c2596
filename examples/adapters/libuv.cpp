// libuv looks at every licence text of the machine at once; what its requests hold, counted.
#include <autopmr/adapters/libuv.hpp>
#include <autopmr/autopmr.hpp>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <vector>

static std::uint64_t bytes = 0;

static void seen(uv_fs_t* request) {
    if (request->result == 0) bytes += request->statbuf.st_size;
    uv_fs_req_cleanup(request);
}

int main() {
    // [install]
    auto& counted = autopmr::make_immortal<autopmr::statistics_resource>();
    if (const auto answer = autopmr::install_in_libuv(counted, "example"); !answer) return std::puts(answer.why().data()), 1;
    // [/install]
    uv_loop_t loop;
    if (uv_loop_init(&loop) != 0) return 1;  // UV_ENOMEM where the resource refuses
    std::vector<uv_fs_t> requests(1000);
    std::size_t          files = 0;
    std::error_code      none;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/share/common-licenses", none))
        if (files < requests.size() && uv_fs_stat(&loop, &requests[files], entry.path().c_str(), seen) == 0) ++files;
    const auto at_most = counted.observer().now();
    uv_run(&loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop) != 0) return 1;
    uv_library_shutdown();
    std::printf("%zu files of %llu bytes: libuv allocated %zu times and held %zu bytes\n", files, static_cast<unsigned long long>(bytes), at_most.count,
                at_most.live);
    if (files == 0) return std::puts("skipped: no texts here"), 77;
    return bytes > 0 && at_most.count > files && counted.observer().now().live == 0 ? 0 : 1;
}
