#include "src/selector_facts.hpp"

namespace autopmr {
namespace {

std::string_view name_of(c_library libc) noexcept {
    constexpr std::string_view names[] = {"unknown", "glibc", "musl", "bionic", "darwin", "msvcrt", "newlib", "bsd", "wasi"};
    return names[static_cast<unsigned char>(libc)];
}

std::string_view name_of(sanitizer tool) noexcept {
    constexpr std::string_view names[] = {"none", "address", "thread", "memory", "leak", "hardware address"};
    return names[static_cast<unsigned char>(tool)];
}

// Two facts make one: whether malloc was replaced decides, whose it is says it better.
fact_note malloc_note(const host& facts) noexcept {
    fact_note note{"malloc", {}, {}, false};
    if (facts.malloc_owner.known) note.value.append(facts.malloc_owner.value.view());
    else note.value.append(!facts.malloc_replaced.known ? "unknown" : facts.malloc_replaced.value ? "replaced" : "not replaced");
    note.origin.append(facts.malloc_owner.known ? facts.malloc_owner.origin.view() : facts.malloc_replaced.origin.view());
    return note;
}

fact_note note_of(const request& asked, unsigned bit) noexcept {
    const host& facts = asked.facts;
    switch (bit) {
        case fact_platform: return {"platform", to_string(asked.where.os), asked.where_origin, false};
        case fact_c_library: return {"c_library", name_of(asked.where.libc), asked.where_origin, false};
        case fact_goal:
            return {"goal", to_string(asked.wanted), asker(asked.wanted_by, asked.wanted_origin, "AUTOPMR_GOAL"), false};
        case fact_malloc: return malloc_note(facts);
        case fact_sanitizer:
            return {"sanitizer", facts.watching.known ? name_of(facts.watching.value) : "unknown", facts.watching.origin.view(), false};
        default:
            return {"valgrind", !facts.valgrind.known ? "unknown" : facts.valgrind.value ? "yes" : "no", facts.valgrind.origin.view(),
                false};
    }
}

}  // namespace

std::string_view asker(said_by who, std::string_view origin, std::string_view variable) noexcept {
    if (!origin.empty()) return origin;
    switch (who) {
        case said_by::program: return "the program";
        case said_by::environment: return variable;
        case said_by::policy_file: return "the policy file";
        default: return "the default";
    }
}

void note_facts(const request& asked, unsigned used, unsigned decided, decision& answer) noexcept {
    for (unsigned bit = 1; bit <= fact_valgrind; bit <<= 1) {
        if ((used & bit) == 0) continue;
        fact_note note = note_of(asked, bit);
        note.decided = (decided & bit) != 0;
        answer.facts.add(note);
    }
}

fixed_text<64> printable(std::string_view typed) noexcept {
    fixed_text<64> safe;
    for (const char c : typed.substr(0, 65))
        safe.append(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? std::string_view("?") : std::string_view(&c, 1));
    return safe;
}

}  // namespace autopmr
