# How the backends get at other people's allocators. None of this is needed to compile: a library that is not found here is
# looked for again at run time, a module that can't be made leaves its reason in the backend.

# The name under which a distribution's shared library is opened, for one source: what the linker would write down for it.
function(autopmr_backend_library backend library usual_name)
    find_library(AUTOPMR_${backend}_FILE NAMES ${library})
    mark_as_advanced(AUTOPMR_${backend}_FILE)
    set(name "${usual_name}")
    if(AUTOPMR_${backend}_FILE AND CMAKE_OBJDUMP)
        execute_process(COMMAND ${CMAKE_OBJDUMP} -p "${AUTOPMR_${backend}_FILE}" OUTPUT_VARIABLE headers ERROR_QUIET)
        if(headers MATCHES "SONAME +([^\n]+)")
            set(name "${CMAKE_MATCH_1}")
        endif()
    endif()
    set_property(GLOBAL PROPERTY AUTOPMR_${backend}_NAME "${name}")
    string(TOLOWER "${backend}" source)
    set_property(SOURCE resources/backends/${source}.cpp APPEND PROPERTY
        COMPILE_DEFINITIONS AUTOPMR_${backend}_LIBRARY="${name}")
endfunction()

# Says whether the module of a backend was made; the reason is empty when it was.
function(autopmr_backend_absent backend reason)
    string(TOLOWER "${backend}" source)
    set_property(SOURCE resources/backends/${source}.cpp APPEND PROPERTY COMPILE_DEFINITIONS AUTOPMR_${backend}_ABSENT="${reason}")
    if(reason)
        message(STATUS "autopmr: ${source}: ${reason}")
    endif()
endfunction()

# Finishes a module: libautopmr-<name>.so beside the core, exporting autopmr_<name>_* and nothing else, started with every
# program that links autopmr::backends.
function(autopmr_finish_module name)
    file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/modules/${name}.map" "{ global: autopmr_${name}_*; local: *; };\n")
    set_target_properties(autopmr_${name} PROPERTIES
        OUTPUT_NAME autopmr-${name} EXPORT_NAME ${name}_module LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib"
        BUILD_RPATH_USE_ORIGIN ON INSTALL_RPATH "$ORIGIN")
    target_link_options(autopmr_${name} PRIVATE
        "LINKER:--version-script=${CMAKE_CURRENT_BINARY_DIR}/modules/${name}.map" LINKER:-Bsymbolic LINKER:-z,nodelete)
    add_library(autopmr::${name}_module ALIAS autopmr_${name})
    target_link_libraries(autopmr_backends INTERFACE autopmr_${name})
    set_property(GLOBAL APPEND PROPERTY AUTOPMR_MODULES autopmr_${name})
endfunction()

# A module of an allocator that takes over malloc when linked: its archive as one object, its public names changed.
function(autopmr_module_of_archive name archive without)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}/modules")
    set(names "${CMAKE_CURRENT_SOURCE_DIR}/resources/backends/${name}_names.txt")
    file(MAKE_DIRECTORY "${folder}")
    set(leave_out)
    if(without)
        set(leave_out COMMAND ${CMAKE_AR} d ${name}.a ${without})
    endif()
    add_custom_command(OUTPUT "${folder}/${name}.o"
        COMMAND ${CMAKE_COMMAND} -E copy "${archive}" ${name}.a
        ${leave_out}
        COMMAND ${CMAKE_LINKER} -r --whole-archive ${name}.a -o ${name}.o
        COMMAND ${CMAKE_OBJCOPY} --redefine-syms=${names} ${name}.o
        DEPENDS "${archive}" "${names}" WORKING_DIRECTORY "${folder}" VERBATIM
        COMMENT "Making a private ${name}")
    find_package(Threads REQUIRED)
    add_library(autopmr_${name} SHARED "${folder}/${name}.o")
    set_target_properties(autopmr_${name} PROPERTIES LINKER_LANGUAGE C)
    target_link_libraries(autopmr_${name} PRIVATE Threads::Threads ${CMAKE_DL_LIBS} m)
    autopmr_finish_module(${name})
endfunction()
