# Runs PROGRAM on INDEX and on input that is none, and checks what it says. FOLDER is for files made here, GZIP may be empty.

# expect(STATUS ARGUMENTS... SAYS PATTERNS...): standard output and error together match every pattern.
function(expect status)
    cmake_parse_arguments(PARSE_ARGV 1 given "" "" "RUN;SAYS")
    execute_process(COMMAND "${PROGRAM}" ${given_RUN} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE result)
    if(NOT result EQUAL status)
        message(SEND_ERROR "package_index ${given_RUN}: status ${result}, not ${status}; it said:\n${said}")
    endif()
    foreach(pattern IN LISTS given_SAYS)
        if(NOT said MATCHES "${pattern}")
            message(SEND_ERROR "package_index ${given_RUN} did not say \"${pattern}\" but:\n${said}")
        endif()
    endforeach()
    if(NOT status EQUAL 0 AND NOT said MATCHES "^package_index: [^\n]*\n$")
        message(SEND_ERROR "package_index ${given_RUN}: an error is one line, not:\n${said}")
    endif()
endfunction()

set(facts "5 packages in 3 sections, 8 dependencies"
    "       3  libground\n       2  broom\n       2  libpaint\n       1  painter\n\n")

expect(0 RUN --file "${INDEX}" --rounds 1 SAYS ${facts}
    "packages.text" "packages.index" "packages.graph" "autopmr: [a-z_]+ by rule "
    "1 round, taking turns" "std containers +[0-9]" "std::pmr new_delete +[0-9]" "autopmr subsystems +[0-9]" "system +[0-9]" "not ranked")
expect(0 RUN --file "${INDEX}" --rounds 3 SAYS ${facts} "3 rounds, taking turns" "[1-9][0-9]*, [1-9]")
expect(0 RUN --file "${INDEX}" --case "std containers"
    SAYS "^[0-9.]+ [0-9.]+ 5 8 3 libground 3 broom 2 libpaint 2 painter 1\n$")

# The same file twice is the same packages.
expect(0 RUN --file "${INDEX}" --file "${INDEX}" --rounds 0 SAYS ${facts})

if(GZIP AND EXISTS /usr/lib/apt/apt-helper)
    file(COPY "${INDEX}" DESTINATION "${FOLDER}/compressed")
    execute_process(COMMAND "${GZIP}" -f "${FOLDER}/compressed/Packages" COMMAND_ERROR_IS_FATAL ANY)
    expect(0 RUN --file "${FOLDER}/compressed/Packages.gz" --rounds 0 SAYS ${facts})
    file(WRITE "${FOLDER}/compressed/broken.gz" "this is not compressed")
    expect(1 RUN --file "${FOLDER}/compressed/broken.gz" SAYS "broken.gz: ")
endif()

file(WRITE "${FOLDER}/garbage" "Package: a\n\n\n!!!! no field at all\n")
expect(1 RUN --file "${FOLDER}/garbage" SAYS "garbage: line 4 is no line of a package index: \"!!!! no field at all\"; give ")
file(WRITE "${FOLDER}/continued" " begins in the middle\n")
expect(1 RUN --file "${FOLDER}/continued" SAYS "line 1 is no line of a package index")
file(WRITE "${FOLDER}/nameless" "Package: a\n\nVersion: 1\n")
expect(1 RUN --file "${FOLDER}/nameless" SAYS "nameless: a paragraph without a Package field")
file(WRITE "${FOLDER}/empty" "\n\n")
expect(1 RUN --file "${FOLDER}/empty" SAYS "empty: holds no package; give ")
expect(1 RUN --file "${FOLDER}/missing" SAYS "missing: No such file or directory; give ")
expect(1 RUN --file "${FOLDER}" SAYS "Is a directory")
expect(1 RUN --file "${INDEX}" --case "no such case" SAYS "no case and no backend is called \"no such case\"")
expect(0 RUN "${INDEX}" --rounds 0 SAYS ${facts})
expect(2 RUN --rounds many SAYS "--rounds is a number from 0 to 1000, not \"many\"")
expect(2 RUN --rounds -1 SAYS "--rounds is a number")
expect(2 RUN --file SAYS "--file needs a value")
expect(2 RUN --fast SAYS "unknown option --fast")
