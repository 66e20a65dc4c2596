# The archive made for shared libraries, without the object that replaces operator new.
find_library(AUTOPMR_JEMALLOC_ARCHIVE NAMES libjemalloc_pic.a)
mark_as_advanced(AUTOPMR_JEMALLOC_ARCHIVE)
if(AUTOPMR_JEMALLOC_ARCHIVE AND CMAKE_OBJCOPY)
    autopmr_module_of_archive(jemalloc "${AUTOPMR_JEMALLOC_ARCHIVE}" jemalloc_cpp.pic.o)
    autopmr_backend_absent(JEMALLOC "")
else()
    autopmr_backend_absent(JEMALLOC "not built: libjemalloc_pic.a was not found when autopmr was configured (Debian: libjemalloc-dev)")
endif()
