#!/usr/bin/env bash
# A user's project against autopmr, in one of the ways users take it in. Exits with 77 where this machine lacks what it needs.
#   run.sh subdirectory COMPILER SOURCE WORK  builds the library too, static, and installs it to WORK/static-COMPILER
#   run.sh package COMPILER PREFIX WORK       find_package
#   run.sh bridges COMPILER PREFIX WORK       find_package of one bridge after another
#   run.sh pkg-config COMPILER PREFIX WORK    no CMake
# AUTOPMR_CONSUMER_BRIDGES: those that are tried, each with its example.
set -euo pipefail
how=$1 compiler=$2 where=$3 work=$4
here=$(cd "$(dirname "$0")" && pwd)
project=$here/project examples=$(cd "$here/../../examples/adapters" && pwd)
read -ra bridges <<<"${AUTOPMR_CONSUMER_BRIDGES:-}"
skip() { echo "skipped: $*"; exit 77; }

case ${AUTOPMR_CONSUMER_FLAGS:-} in *-fsanitize*) skip "the library is built with ${AUTOPMR_CONSUMER_FLAGS}; users do not";; esac
command -v "$compiler" >/dev/null || skip "$compiler is not here; Debian has it in clang"
build=$work/$how-$(basename "$compiler")-$(basename "$where")

configure_build_run() { # PROJECT ARGS
    cmake -S "$1" -B "$build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" ${AUTOPMR_CONSUMER_LAUNCHER:+"-DCMAKE_CXX_COMPILER_LAUNCHER=$AUTOPMR_CONSUMER_LAUNCHER"} \
        "-DCONSUMER_BRIDGES=$(IFS=';' && echo "${bridges[*]}")" -DCONSUMER_EXAMPLES="$examples" "${@:2}"
    cmake --build "$build"
    ctest --test-dir "$build" --output-on-failure --no-tests=error
}

case $how in
    subdirectory)
        configure_build_run "$project" -DCONSUMER_SOURCE="$where" -DCONSUMER_STANDARDS=20 -DCMAKE_INSTALL_PREFIX="$work/static-$(basename "$compiler")"
        cmake --install "$build" >/dev/null ;;
    package)
        standards="17;20;23" # of the same headers once is enough
        case $where in *static*) standards=17;; esac
        configure_build_run "$project" -DCMAKE_PREFIX_PATH="$where" -DCONSUMER_STANDARDS="$standards" ;;
    bridges)
        [[ ${#bridges[@]} -gt 0 ]] || skip "no library of any bridge is here"
        configure_build_run "$here/bridges" -DCMAKE_PREFIX_PATH="$where" ;;
    pkg-config)
        command -v pkg-config >/dev/null || skip "pkg-config is not here"
        PKG_CONFIG_PATH=$(dirname "$(find "$where" -name autopmr.pc | head -n 1)")
        export PKG_CONFIG_PATH
        library_dir=$(pkg-config --variable=libdir autopmr)
        mkdir -p "$build"
        build_run() { # package standard program; its exit status 77: the data is missing
            # shellcheck disable=SC2046 # flags are words
            ${AUTOPMR_CONSUMER_LAUNCHER:-} "$compiler" "-std=$2" -c "$3" -o "$build/$1.o" $(pkg-config --cflags "$1")
            # shellcheck disable=SC2046
            "$compiler" "$build/$1.o" -o "$build/$1" $(pkg-config --libs "$1") -Wl,-rpath,"$library_dir"
            "$build/$1" || [[ $? -eq 77 ]]
        }
        build_run autopmr gnu++17 "$project/service.cpp"
        build_run autopmr-backends c++20 "$project/service.cpp"
        build_run autopmr-testing c++17 "$project/kit.cpp"
        for bridge in "${bridges[@]}"; do build_run "autopmr-$bridge" c++20 "$examples/$bridge.cpp"; done
        for package in "$PKG_CONFIG_PATH"/*.pc; do pkg-config --print-errors --exists "$(basename "$package" .pc)"; done
        version=$(pkg-config --modversion autopmr)
        grep -q "PACKAGE_VERSION \"$version\"" "$(find "$where" -name autopmr-config-version.cmake)" ||
            { echo "pkg-config says $version, and CMake's version file does not"; exit 1; } ;;
esac
