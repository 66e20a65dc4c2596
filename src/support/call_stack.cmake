# libbacktrace comes with gcc, in a folder of its own that clang links from but takes no headers from.
find_library(AUTOPMR_BACKTRACE_FILE NAMES libbacktrace.a backtrace HINTS ${CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES})
list(TRANSFORM CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES APPEND /include OUTPUT_VARIABLE beside_libraries)
find_path(AUTOPMR_BACKTRACE_DIR backtrace.h HINTS ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES} ${beside_libraries})
mark_as_advanced(AUTOPMR_BACKTRACE_FILE AUTOPMR_BACKTRACE_DIR)
if(AUTOPMR_BACKTRACE_FILE AND AUTOPMR_BACKTRACE_DIR)
    add_library(autopmr_backtrace SHARED src/support/call_stack_module.cpp)
    target_compile_features(autopmr_backtrace PRIVATE cxx_std_17)
    target_compile_options(autopmr_backtrace PRIVATE "SHELL:-idirafter ${AUTOPMR_BACKTRACE_DIR}") # gcc's other headers are not clang's
    target_link_libraries(autopmr_backtrace PRIVATE "${AUTOPMR_BACKTRACE_FILE}")
    autopmr_finish_module(backtrace)
else()
    message(STATUS "autopmr: libbacktrace was not found, so reports name exported functions only; Debian has it in libgcc-12-dev")
endif()
