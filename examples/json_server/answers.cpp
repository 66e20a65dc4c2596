#include "server.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace json = boost::json;

namespace json_server {
namespace {

std::string_view view(const json::value& v) { return {v.as_string().data(), v.as_string().size()}; }

// Of "name=value&..." behind the '?'; empty when it is not there.
std::string_view parameter(std::string_view target, std::string_view name) {
    std::size_t at = target.find('?');
    while (at != target.npos) {
        const std::string_view rest = target.substr(at + 1);
        const std::string_view one = rest.substr(0, rest.find('&'));
        if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=') return one.substr(name.size() + 1);
        at = target.find('&', at + 1);
    }
    return {};
}

void append(std::pmr::string& out, const json::value& value) {
    json::serializer to;
    to.reset(&value);
    char piece[1024];
    while (!to.done()) {
        const auto part = to.read(piece);
        out.append(part.data(), part.size());
    }
}

answer error(std::pmr::string& out, unsigned status, std::string_view text) {
    out.assign("{\"error\": \"").append(text).append("\"}\n");
    return {status};
}

answer wrong_method(std::pmr::string& out, std::string_view allow) {
    answer said = error(out, 405, "this path takes another method");
    said.allow = allow;
    return said;
}

// What a client sent, parsed into the request's memory: an array of codes gives the array of names.
answer translate(const languages& known, const question& asked, json::storage_ptr storage, std::pmr::string& out) {
    if (asked.method != "POST") return wrong_method(out, "POST");
    if (!asked.has_token) return error(out, 401, "POST needs the header Authorization: Bearer TOKEN");
    json::error_code  wrong;
    const json::value sent = json::parse(json::string_view(asked.body.data(), asked.body.size()), wrong, storage);
    if (wrong || !sent.is_array()) return error(out, 400, "the body is no JSON array of codes");
    json::array names(storage);
    for (const json::value& code : sent.as_array()) {
        const json::object* const found = code.is_string() ? known.find(view(code)) : nullptr;
        if (found != nullptr) names.emplace_back(found->at("name"));
        else names.emplace_back(nullptr);
    }
    append(out, json::value(std::move(names)));
    return {};
}

answer search(const languages& known, std::string_view text, json::storage_ptr storage, std::pmr::string& out) {
    json::array found(storage);
    for (const json::value& one : known.all()) {
        if (view(one.as_object().at("name")).find(text) == std::string_view::npos) continue;
        found.emplace_back(one);
        if (found.size() == 20) break;
    }
    append(out, json::value(std::move(found)));
    return {};
}

}  // namespace

languages::languages(const std::string& file)
    : storage_(&autopmr::subsystem("json_server.data")), document_(&storage_), by_code_(&autopmr::subsystem("json_server.data")) {
    std::ifstream     in(file);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    if (text.empty()) throw std::runtime_error(file + ": can't be read, or is empty; Debian has it in the package iso-codes");
    document_ = json::parse(text, &storage_);
    all_ = &document_.at("639-3").as_array();
    for (const json::value& one : *all_) by_code_.emplace_back(view(one.as_object().at("alpha_3")), &one.as_object());
    std::sort(by_code_.begin(), by_code_.end());
}

const json::object* languages::find(std::string_view code) const {
    const auto at = std::lower_bound(by_code_.begin(), by_code_.end(), code, [](const auto& one, std::string_view c) { return one.first < c; });
    return at != by_code_.end() && at->first == code ? at->second : nullptr;
}

answer respond(const languages& known, const question& asked, std::pmr::memory_resource& memory, std::pmr::string& out) {
    autopmr::boost_resource<> over(&memory);
    const std::string_view    path = asked.target.substr(0, asked.target.find('?'));
    if (path == "/translate") return translate(known, asked, &over, out);
    if (asked.method != "GET" && asked.method != "HEAD") return wrong_method(out, "GET, HEAD");
    if (path == "/metrics") {
        append_metrics(out);
        return {200, "application/openmetrics-text; version=1.0.0; charset=utf-8"};
    }
    if (path == "/subsystems") {
        out.append(autopmr::subsystem_table());
        return {200, "text/plain; charset=utf-8"};
    }
    if (path == "/search") return search(known, parameter(asked.target, "q"), &over, out);
    if (path == "/language") {
        const json::object* const found = known.find(parameter(asked.target, "code"));
        if (found == nullptr) return error(out, 404, "no language has this code");
        append(out, json::value(*found, &over));
        return {};
    }
    return error(out, 404, "there are /language?code=, /search?q=, /translate, /subsystems and /metrics");
}

}  // namespace json_server
