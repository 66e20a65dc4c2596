#include <autopmr/adapters/curl.hpp>
#include <autopmr/autopmr.hpp>

#include <cstdio>

#include "tests/adapters/support/library.hpp"
#include "tests/adapters/support/plain_global.hpp"

namespace {

using autopmr::install_answer;
using autopmr::install_in_curl;
using autopmr_test::outcome;
using autopmr_test::plain_global;
using autopmr_test::traffic;

struct curl_heap : autopmr::static_heap<autopmr::curl_library> {
    template <class Resource, class... Assume>
    static install_answer install(Resource& immortal, const char* who, Assume... assume) {
        return install_in_curl(immortal, who, CURL_GLOBAL_DEFAULT, assume...);
    }
};

std::size_t count_bytes(char*, std::size_t, std::size_t bytes, void* sum) {
    *static_cast<std::size_t*>(sum) += bytes;
    return bytes;
}

struct transfer {
    CURL*       easy = curl_easy_init();
    curl_slist* list = nullptr;
    curl_mime*  form = nullptr;
    CURLU*      url = curl_url();
    ~transfer() {
        curl_easy_cleanup(easy);
        curl_slist_free_all(list);
        curl_mime_free(form);
        curl_url_cleanup(url);
    }
};

/// A transfer of a file, a form, and a URL taken apart.
outcome transfer_once() {
    transfer all;
    if (all.easy == nullptr || all.url == nullptr) return outcome::out_of_memory;
    std::size_t got = 0;
    const auto  fine = [](CURLcode code) {
        // The URL is right: 7.88 has no other word for it where a handle given by CURLOPT_CURLU can't be copied.
        REQUIRE((code == CURLE_OK || code == CURLE_OUT_OF_MEMORY || code == CURLE_URL_MALFORMAT));
        return code == CURLE_OK;
    };
    all.list = curl_slist_append(nullptr, "X-Header: of the test");
    all.form = curl_mime_init(all.easy);
    curl_mimepart* const part = all.form != nullptr ? curl_mime_addpart(all.form) : nullptr;
    if (all.list == nullptr || part == nullptr || !fine(curl_mime_name(part, "name")) || !fine(curl_mime_data(part, "some data", CURL_ZERO_TERMINATED)))
        return outcome::out_of_memory;
    const CURLUcode parsed = curl_url_set(all.url, CURLUPART_URL, "file:///etc/passwd", 0);
    REQUIRE((parsed == CURLUE_OK || parsed == CURLUE_OUT_OF_MEMORY));
    if (parsed != CURLUE_OK || !fine(curl_easy_setopt(all.easy, CURLOPT_CURLU, all.url)) ||
        !fine(curl_easy_setopt(all.easy, CURLOPT_HTTPHEADER, all.list)) || !fine(curl_easy_setopt(all.easy, CURLOPT_USERAGENT, "autopmr")) ||
        !fine(curl_easy_setopt(all.easy, CURLOPT_WRITEFUNCTION, count_bytes)) || !fine(curl_easy_setopt(all.easy, CURLOPT_WRITEDATA, &got)) ||
        !fine(curl_easy_perform(all.easy)))
        return outcome::out_of_memory;
    REQUIRE(got > 20);
    return outcome::served;
}

}  // namespace

TEST_CASE("libcurl: too late is an answer, and leaves it as it was") {
    const auto end = autopmr_test::in_child([] {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return 1;
        traffic& at = autopmr::make_immortal<traffic>();
        if (install_in_curl(at, "late").what != install_answer::too_late) return 2;
        if (transfer_once() != outcome::served || at.now().allocations != 0) return 3;
        curl_global_cleanup();  // ours; and then it takes them
        if (!install_in_curl(at, "in time")) return 4;
        if (transfer_once() != outcome::served || at.now().allocations == 0) return 5;
        curl_global_cleanup();
        return at.settled() ? 0 : 6;
    });
    CHECK(end.exit_status == 0);
}

TEST_CASE("libcurl: what a refusal does to the copy of a handle with cookies, it does over plain malloc too") {
    const auto copy = [](auto&& refuse) {
        CURL* const easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");
        refuse();
        curl_easy_cleanup(curl_easy_duphandle(easy));
        curl_easy_cleanup(easy);
        return 0;
    };
    const auto went_wrong = [](const autopmr_test::child_end& end) { return end.signal != 0 || end.exit_status != 0; };
    int        ours = 0, malloc = 0;
    for (std::size_t n = 1; n <= 12; ++n) {
        ours += went_wrong(autopmr_test::in_child([&] {
            traffic& at = autopmr::make_immortal<traffic>();
            return install_in_curl(at, "a round") ? copy([&] { at.refuse(n); }) : 1;
        }));
        malloc += went_wrong(autopmr_test::in_child([&] {
            curl_global_init_mem(CURL_GLOBAL_DEFAULT, plain_global::malloc, plain_global::free, plain_global::realloc, plain_global::strdup,
                                 plain_global::calloc);
            return copy([&] { plain_global::heap.until_refusal = n; });
        }));
    }
    std::printf("libcurl: a refusal ends the copy of a handle at %d places, with malloc at %d\n", ours, malloc);
    if (!under_tsan) CHECK((ours > 0) == (malloc > 0));  // its malloc lets a block be freed twice, and glibc does not
}

TEST_CASE("libcurl: its traffic is its own, and each refusal its own error") {
    const autopmr_test::plain_traffic plain(
        [] {
            REQUIRE(curl_global_init_mem(CURL_GLOBAL_DEFAULT, plain_global::malloc, plain_global::free, plain_global::realloc,
                                         plain_global::strdup, plain_global::calloc) == CURLE_OK);
        },
        transfer_once);
    CHECK(plain.deadly.empty());

    autopmr_test::takes_one_once<curl_heap>();
    traffic&   at = autopmr_test::installed<curl_heap>();
    const auto got = plain.keeps_books(at, transfer_once);
    CHECK(got.traffic >= 17);
    CHECK(got.errors + 3 >= got.rounds);  // it does without some of what it asks for
    CHECK(got.errors > 10);
    curl_global_cleanup();
    CHECK(at.settled());
}
