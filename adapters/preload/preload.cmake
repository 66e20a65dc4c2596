# libautopmr-preload.so: malloc, operator new and their families over guard pages, for programs that were not made for it.
# What it takes over has names of glibc's beside it (__libc_malloc), which it leans on.
include(CheckCXXSourceCompiles)
check_cxx_source_compiles("extern \"C\" void* __libc_malloc(unsigned long); int main() { return __libc_malloc(1) == nullptr; }" AUTOPMR_HAS_LIBC_MALLOC)
string(FIND "${CMAKE_CXX_FLAGS}" "-fsanitize=" sanitized) # whose own malloc would be taken over
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux" OR NOT AUTOPMR_HAS_LIBC_MALLOC OR (NOT sanitized EQUAL -1 AND NOT CMAKE_CXX_FLAGS MATCHES "undefined"))
    message(STATUS "autopmr: libautopmr-preload is not built: it needs Linux with glibc, and no sanitizer that has a malloc of its own")
    return()
endif()
file(GLOB preload_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.cpp")
add_library(autopmr_preload MODULE ${preload_sources})
target_compile_features(autopmr_preload PRIVATE cxx_std_20)
# The compiler would take the bodies of malloc and free for what they are called, and drop what "malloc then free" can't show.
target_compile_options(autopmr_preload PRIVATE -fno-builtin -fno-omit-frame-pointer)
target_include_directories(autopmr_preload PRIVATE "${PROJECT_SOURCE_DIR}")
target_link_libraries(autopmr_preload PRIVATE autopmr ${CMAKE_DL_LIBS})
set_target_properties(autopmr_preload PROPERTIES OUTPUT_NAME autopmr-preload CXX_EXTENSIONS OFF PREFIX lib
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib" BUILD_RPATH_USE_ORIGIN ON BUILD_RPATH "$ORIGIN" INSTALL_RPATH "$ORIGIN")
if(AUTOPMR_INSTALL)
    install(TARGETS autopmr_preload LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endif()
