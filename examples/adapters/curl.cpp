// libcurl reads the machine's package list over file://, all that it holds counted.
#include <autopmr/adapters/curl.hpp>
#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <cstring>

static std::size_t count(char* text, std::size_t, std::size_t bytes, void* lines) {
    for (std::size_t i = 0; i < bytes; ++i) *static_cast<std::size_t*>(lines) += text[i] == '\n';
    return bytes;
}

int main() {
    // [install]
    auto& counted = autopmr::make_immortal<autopmr::statistics_resource>();
    if (const auto answer = autopmr::install_in_curl(counted, "example"); !answer) return std::puts(answer.why().data()), 1;
    // [/install]
    std::size_t lines = 0;
    CURL* const easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, "file:///var/lib/dpkg/status");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &lines);
    const CURLcode code = curl_easy_perform(easy);
    const auto     before = counted.observer().now();
    curl_easy_cleanup(easy);
    curl_global_cleanup();  // where else curl_global_init was called, as often
    if (code == CURLE_FILE_COULDNT_READ_FILE) return std::puts("skipped: no package list here"), 77;
    std::printf("%zu lines: libcurl allocated %zu times and held %zu bytes\n", lines, before.count, before.live);
    return code == CURLE_OK && lines > 100 && before.live > 0 && counted.observer().now().live == 0 ? 0 : 1;
}
