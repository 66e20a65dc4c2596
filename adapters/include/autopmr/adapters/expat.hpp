#pragma once
/// \file
/// Expat over a resource, parser by parser.
///
/// `struct mine {}; expat_heap<mine>::install(resource, "my_program")`, then `XML_ParserCreate_MM(nullptr, expat_suite<mine>(), nullptr)`
/// for each parser that is to use it. Expat takes its functions with each parser, but without a context: a Tag stands for a
/// resource, and different Tags for different ones. Parsers made otherwise are untouched, so nothing is ever too late.
///
/// Threads, fork, lifetime and what is thrown: as of every static_heap. Sizes are bytes; a block costs 16 more.

#include <autopmr/adapters/static_heap.hpp>

#include <expat.h>

namespace autopmr {

template <class Tag>
using expat_heap = static_heap<Tag>;

/// For XML_ParserCreate_MM, immortal. A parser made before the Tag has its resource is null.
template <class Tag>
[[nodiscard]] const XML_Memory_Handling_Suite* expat_suite() noexcept {
    static constexpr XML_Memory_Handling_Suite suite{static_heap<Tag>::malloc, static_heap<Tag>::realloc, static_heap<Tag>::free};
    return &suite;
}

}  // namespace autopmr
