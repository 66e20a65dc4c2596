# toml++ is a header, wanted by src/policy_file.cpp alone. Without it load_policy() says so.
find_path(AUTOPMR_TOMLPLUSPLUS_DIR toml++/toml.h DOC "Where toml++/toml.h is, for policy files")
mark_as_advanced(AUTOPMR_TOMLPLUSPLUS_DIR)
if(AUTOPMR_TOMLPLUSPLUS_DIR)
    list(FILTER sources EXCLUDE REGEX "src/policy_file_absent\\.cpp$")
    # As a system header: its warnings are not ours. The compiler's own folders stay where they are in its order.
    if(NOT AUTOPMR_TOMLPLUSPLUS_DIR IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
        set_source_files_properties(src/policy_file.cpp PROPERTIES COMPILE_OPTIONS "-isystem${AUTOPMR_TOMLPLUSPLUS_DIR}")
    endif()
else()
    list(FILTER sources EXCLUDE REGEX "src/policy_file\\.cpp$")
    message(STATUS "autopmr: toml++ not found, so no policy files; Debian has it in libtomlplusplus-dev")
endif()
