#!/usr/bin/env bash
# A user's project against autopmr, in one of the ways users take it in. Exits with 77 where this machine lacks what it needs.
#   run.sh subdirectory COMPILER SOURCE WORK        builds the library too, static, and installs it to WORK/static
#   run.sh package COMPILER PREFIX WORK             find_package
#   run.sh pkg-config COMPILER PREFIX WORK PROJECT  no CMake
set -euo pipefail
how=$1 compiler=$2 where=$3 work=$4
project=$(cd "$(dirname "$0")" && pwd)/project
skip() { echo "skipped: $*"; exit 77; }

case ${AUTOPMR_CONSUMER_FLAGS:-} in *-fsanitize*) skip "the library is built with ${AUTOPMR_CONSUMER_FLAGS}; users do not";; esac
command -v "$compiler" >/dev/null || skip "$compiler is not here; Debian has it in clang"
build=$work/$how-$(basename "$compiler")-$(basename "$where")

configure_build_run() {
    cmake -S "$project" -B "$build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" ${AUTOPMR_CONSUMER_LAUNCHER:+"-DCMAKE_CXX_COMPILER_LAUNCHER=$AUTOPMR_CONSUMER_LAUNCHER"} "$@"
    cmake --build "$build"
    ctest --test-dir "$build" --output-on-failure --no-tests=error
}

case $how in
    subdirectory)
        configure_build_run -DCONSUMER_SOURCE="$where" -DCONSUMER_STANDARDS=20 -DCMAKE_INSTALL_PREFIX="$work/static-$(basename "$compiler")"
        cmake --install "$build" >/dev/null ;;
    package)
        standards="17;20;23" # of the same headers once is enough
        case $where in *static*) standards=17;; esac
        configure_build_run -DCMAKE_PREFIX_PATH="$where" -DCONSUMER_STANDARDS="$standards" ;;
    pkg-config)
        command -v pkg-config >/dev/null || skip "pkg-config is not here"
        PKG_CONFIG_PATH=$(dirname "$(find "$where" -name autopmr.pc | head -n 1)")
        export PKG_CONFIG_PATH
        library_dir=$(pkg-config --variable=libdir autopmr)
        mkdir -p "$build"
        build_run() { # package standard program
            # shellcheck disable=SC2046 # flags are words
            "$compiler" "-std=$2" "$project/$3.cpp" -o "$build/$3" $(pkg-config --cflags --libs "$1") -Wl,-rpath,"$library_dir"
            "$build/$3"
        }
        build_run autopmr gnu++17 service
        build_run autopmr-backends c++20 service
        build_run autopmr-testing c++17 kit
        version=$(pkg-config --modversion autopmr)
        grep -q "PACKAGE_VERSION \"$version\"" "$(find "$where" -name autopmr-config-version.cmake)" ||
            { echo "pkg-config says $version, and CMake's version file does not"; exit 1; } ;;
esac
