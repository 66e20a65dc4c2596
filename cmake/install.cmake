# What `cmake --install` puts where: the library and its modules side by side, headers, and what find_package and
# pkg-config read. Everything is relative, so that the installed tree can be moved.
include(CMakePackageConfigHelpers)

get_property(modules GLOBAL PROPERTY AUTOPMR_MODULES) # each backend's .cmake adds the module it builds
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/autopmr")

install(TARGETS autopmr autopmr_backends autopmr_testing ${modules} EXPORT autopmr-targets
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
if(TARGET autopmr_program)
    install(TARGETS autopmr_program RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(EXPORT autopmr-targets NAMESPACE autopmr:: DESTINATION "${package_dir}")

configure_package_config_file(cmake/autopmr-config.cmake.in "${PROJECT_BINARY_DIR}/autopmr-config.cmake"
    INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor release may change interfaces.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/autopmr-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/autopmr-config.cmake" "${PROJECT_BINARY_DIR}/autopmr-config-version.cmake"
    DESTINATION "${package_dir}")

file(RELATIVE_PATH pc_prefix "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
set(pc_system_libraries "${CMAKE_THREAD_LIBS_INIT}")
foreach(library IN LISTS CMAKE_DL_LIBS)
    string(APPEND pc_system_libraries " -l${library}")
endforeach()
string(STRIP "${pc_system_libraries}" pc_system_libraries)
get_target_property(core_type autopmr TYPE)
if(core_type STREQUAL "STATIC_LIBRARY")
    # Whoever links the archive links its parts too, and the C++ library where the link is not driven by a C++ compiler.
    set(pc_libraries "-L\${libdir} -lautopmr ${pc_system_libraries}")
else()
    set(pc_libraries "-L\${libdir} -lautopmr")
endif()
set(pc_modules "")
foreach(module IN LISTS modules)
    string(APPEND pc_modules " -l$<TARGET_FILE_BASE_NAME:${module}>")
endforeach()
function(autopmr_install_pc template package)
    configure_file(cmake/${template} "${PROJECT_BINARY_DIR}/${package}.pc.in" @ONLY)
    file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/pkgconfig/$<CONFIG>/${package}.pc" INPUT "${PROJECT_BINARY_DIR}/${package}.pc.in")
    install(FILES "${PROJECT_BINARY_DIR}/pkgconfig/$<CONFIG>/${package}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endfunction()
foreach(package autopmr autopmr-backends autopmr-testing)
    autopmr_install_pc(${package}.pc.in ${package})
endforeach()
include(cmake/install_bridges.cmake)
install(FILES src/support/valgrind.supp DESTINATION "${CMAKE_INSTALL_DATADIR}/autopmr")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
