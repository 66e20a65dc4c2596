#include <autopmr/adapters/curl.hpp>
#include <autopmr/autopmr.hpp>

#include <memory_resource>
#include <string>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/adapters/support/plain_global.hpp"

namespace {

using autopmr::install_answer;
using autopmr::install_in_curl;
using autopmr_test::outcome;
using autopmr_test::plain_global;
using autopmr_test::traffic;

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

TEST_CASE("libcurl: its traffic is its own, and each refusal its own error") {
    const autopmr_test::plain_traffic plain(
        [] {
            REQUIRE(curl_global_init_mem(CURL_GLOBAL_DEFAULT, plain_global::malloc, plain_global::free, plain_global::realloc,
                                         plain_global::strdup, plain_global::calloc) == CURLE_OK);
        },
        transfer_once);
    CHECK(plain.deadly.empty());

    autopmr::pool_resource pool;  // refused, so not kept for ever
    CHECK(install_in_curl(pool, "one thread").what == install_answer::one_thread_only);
    std::pmr::synchronized_pool_resource foreign;
    CHECK(install_in_curl(foreign, "unknown").what == install_answer::threads_unknown);

    traffic& at = autopmr::make_immortal<traffic>();
    REQUIRE(install_in_curl(at, "test"));
    const install_answer again = install_in_curl(at, "again");
    CHECK(again.what == install_answer::already_installed);
    CHECK(std::string(again.first) == "test");

    REQUIRE(transfer_once() == outcome::served);
    const auto before = at.now();
    REQUIRE(transfer_once() == outcome::served);
    CHECK(at.now().allocations - before.allocations == plain.allocations);
    CHECK(at.now().bytes - before.bytes == plain.bytes + 16 * plain.allocations);

    const auto got = autopmr_test::each_failure(at, [](traffic&) { return transfer_once(); }, [&](std::size_t n) { return plain.is_deadly(n); }, false,
                                                2000, before.live);
    CHECK(got.traffic >= 17);
    CHECK(got.errors + 3 >= got.rounds);  // it does without some of what it asks for
    CHECK(got.errors > 10);
    curl_global_cleanup();
    CHECK(at.settled());
}
