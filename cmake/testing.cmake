# The testing kit, for users' own tests and ours. A library of its own: nothing else of autopmr depends on it. It is linked
# into test programs, so it is static whatever the core is.
add_library(autopmr_testing STATIC
    src/testing/conformance.cpp src/testing/conformance_alone.cpp src/testing/conformance_threads.cpp
    src/testing/exception_test_loop.cpp src/testing/model.cpp src/testing/test_resource.cpp src/testing/workload.cpp)
add_library(autopmr::testing ALIAS autopmr_testing)
if(UNIX AND NOT CMAKE_SYSTEM_NAME MATCHES "Emscripten|WASI|iOS|tvOS|watchOS")
    target_sources(autopmr_testing PRIVATE src/testing/child_posix.cpp)
else()
    target_sources(autopmr_testing PRIVATE src/testing/child_none.cpp)
endif()
target_sources(autopmr_testing PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${testing_headers})
target_link_libraries(autopmr_testing PUBLIC autopmr Threads::Threads)
target_compile_features(autopmr_testing PUBLIC cxx_std_17)
set_target_properties(autopmr_testing PROPERTIES
    EXPORT_NAME testing CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON
    VERIFY_INTERFACE_HEADER_SETS ${AUTOPMR_BUILD_TESTS})
# Broken resources return null, and the checks must find that, not the compiler or UBSan.
target_compile_options(autopmr_testing PRIVATE $<$<CXX_COMPILER_ID:GNU,Clang>:-fno-sanitize=returns-nonnull-attribute$<COMMA>nonnull-attribute>)
