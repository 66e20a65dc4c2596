#include <autopmr/errors.hpp>
#include <autopmr/secret_protection.hpp>

#include "support/probe.hpp"
#include "support/report_text.hpp"

#include <cstdlib>
#include <type_traits>

namespace autopmr {
namespace {

/// The one place that throws, and what becomes of it where the library is built without exceptions.
template <class Error>
[[noreturn]] void raise(const Error& error) {
#if defined(__cpp_exceptions)
    throw error;
#else
    report_text line;
    line.text(error.what());
    if constexpr (std::is_base_of_v<allocation_error, Error>) {
        line.text(": ").number(error.bytes()).text(" bytes aligned to ").number(error.alignment());
        line.text(" from ").text(error.resource());
    }
    line.text("; the library is built without exceptions, so the program ends here").write();
    std::abort();
#endif
}

}  // namespace

const char* allocation_error::what() const noexcept { return "autopmr: allocation failed"; }
const char* out_of_memory::what() const noexcept { return "autopmr: out of memory"; }
const char* limit_exceeded::what() const noexcept { return "autopmr: the resource's limit does not allow this request"; }
const char* bad_alignment::what() const noexcept { return "autopmr: the alignment is not a power of two"; }
const char* wrong_thread::what() const noexcept { return "autopmr: this resource allocates only on the thread it belongs to"; }
const char* protection_unavailable::what() const noexcept {
    switch (protection()) {
        case secret_protection::locked: return "autopmr: memory for secrets can't be locked: see lock_limit() (RLIMIT_MEMLOCK, ulimit -l) and error_number()";
        case secret_protection::not_dumped: return "autopmr: memory for secrets can't be kept out of core files: see error_number()";
        case secret_protection::not_forked: return "autopmr: memory for secrets can't be kept from forked children: see error_number()";
        default: return "autopmr: memory for secrets can't be hidden from the kernel (memfd_secret): see error_number()";
    }
}

configuration_error::configuration_error(std::string_view text) noexcept {
    text_[text.copy(text_, sizeof text_ - 1)] = '\0';
}

void throw_out_of_memory(std::size_t bytes, std::size_t alignment, const char* resource) {
    AUTOPMR_PROBE(out_of_memory, bytes, alignment, resource);
    raise(out_of_memory(bytes, alignment, resource));
}
void throw_limit_exceeded(std::size_t bytes, std::size_t alignment, const char* resource, std::size_t limit) {
    AUTOPMR_PROBE(limit_exceeded, bytes, alignment, resource, limit);
    raise(limit_exceeded(bytes, alignment, resource, limit));
}
void throw_bad_alignment(std::size_t bytes, std::size_t alignment, const char* resource) {
    raise(bad_alignment(bytes, alignment, resource));
}
void throw_wrong_thread(std::size_t bytes, std::size_t alignment, const char* resource) {
    raise(wrong_thread(bytes, alignment, resource));
}
void throw_protection_unavailable(const protection_unavailable& error) { raise(error); }
void throw_configuration_error(std::string_view text) { raise(configuration_error(text)); }

}  // namespace autopmr
