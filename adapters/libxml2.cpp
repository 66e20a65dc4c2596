#include <autopmr/adapters/libxml2.hpp>

#include <libxml/parser.h>
#include <libxml/xmlmemory.h>

#include <cstddef>
#include <cstdlib>

namespace autopmr {
namespace {

bool asked = false;  // while it is installed only

void* listen(std::size_t bytes) {
    asked = true;
    return libxml2_heap::malloc(bytes);
}

char* listen_strdup(const char* text) {
    asked = true;
    return libxml2_heap::strdup(text);
}

constexpr int begins_without_memory = 21100;

}  // namespace

install_answer::kind libxml2_hooks::hook() noexcept {
    xmlFreeFunc    free_before = nullptr;
    xmlMallocFunc  malloc_before = nullptr;
    xmlReallocFunc realloc_before = nullptr;
    xmlStrdupFunc  strdup_before = nullptr;
    xmlMemGet(&free_before, &malloc_before, &realloc_before, &strdup_before);
    xmlMemSetup(libxml2_heap::free, listen, libxml2_heap::realloc, listen_strdup);
    asked = false;
    xmlInitParser();
    if (!asked && std::atoi(xmlParserVersion) < begins_without_memory) {
        xmlMemSetup(free_before, malloc_before, realloc_before, strdup_before);
        return install_answer::too_late;
    }
    xmlMemSetup(libxml2_heap::free, libxml2_heap::malloc, libxml2_heap::realloc, libxml2_heap::strdup);
    return install_answer::installed;
}

}  // namespace autopmr
