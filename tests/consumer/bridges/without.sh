#!/usr/bin/env bash
# Where the library of every bridge is missing: what an installed autopmr answers, what its sources do in a user's project, how
# its own tests show it, and what it answers when it was built so.   without.sh SOURCE PREFIX WORK
set -euo pipefail
source=$1 prefix=$2 work=$3
here=$(cd "$(dirname "$0")" && pwd)
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }

mkdir -p "$work/no_modules"
mapfile -t hidden < <(grep -oh 'find_package([A-Za-z0-9_-]*' "$source"/adapters/*.cmake | sort -u |
    sed '/(Threads/d; s/find_package(\(.*\)/-DCMAKE_DISABLE_FIND_PACKAGE_\1=ON/')
no_pkg_config=-DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON
configure() { # NAME SOURCE ARGS: its output in $output, its status in $status; the machine's pkg-config knows nothing
    rm -rf "${work:?}/$1"
    status=0
    output=$(PKG_CONFIG_PATH='' PKG_CONFIG_LIBDIR="$work/no_modules" cmake -S "$2" -B "$work/$1" -G Ninja \
        -DCONSUMER_ADAPTERS="$source/adapters" "${hidden[@]}" "${@:3}" 2>&1) || status=$?
}

configure modules "$here/without" -DCMAKE_PREFIX_PATH="$prefix"
[[ $status -eq 0 ]] || fail "without libraries: $output"
[[ $output != *"NOT find"* && $output != *Warning* ]] || fail "of what is optional something is said: $output"
configure pkg-config "$here/without" -DCMAKE_PREFIX_PATH="$prefix" $no_pkg_config
[[ $status -eq 0 ]] || fail "without libraries and pkg-config: $output"
configure unknown "$here/without" -DCMAKE_PREFIX_PATH="$prefix" -DCONSUMER_ASKS=nonsense
[[ $status -ne 0 ]] || fail "a component that nobody knows was found"

mapfile -t bridges < <(basename -s .cmake "$source"/adapters/*.cmake)
words=$(tr -s ' \n,' ' ' <<<"$output")
for name in "component nonsense: unknown" backends testing "${bridges[@]}"; do
    [[ $words == *" $name"* ]] || fail "an unknown component is answered without '$name': $output"
done

configure subdirectory "$here/without" -DCONSUMER_SOURCE="$source" $no_pkg_config
[[ $status -eq 0 ]] || fail "as a subdirectory: $output"
subdirectory=$output
configure tests "$source" $no_pkg_config
[[ $status -eq 0 ]] || fail "with tests: $output"
shown=$(ctest --test-dir "$work/tests" -V -R '^(adapters|example\.adapters)\.' 2>&1 || true) # of the others nothing is built
tests=0
for bridge in "${bridges[@]}"; do
    package=$(sed -n '0,/^# Debian/s/^# Debian[^:]*: *\([^ ]*\).*/\1/p' "$source/adapters/$bridge.cmake")
    [[ -n $package ]] || continue
    grep -q "autopmr: no bridge $bridge: .*$package" <<<"$subdirectory" || fail "no line that there is no bridge $bridge: $subdirectory"
    for file in "$source"/tests/adapters/{"$bridge","$bridge"_*}_test.cpp "$source"/examples/adapters/{"$bridge","$bridge"_*}.cpp; do
        [[ -f $file ]] || continue
        name=$(basename "$file" .cpp)
        [[ $file == */examples/* ]] && name=example.adapters.$name || name=adapters.${name%_test}
        grep -q " $name \.*\*\*\*Skipped" <<<"$shown" || fail "$name is not shown as skipped: $shown"
        number=$(sed -n "s/.*Test *#\([0-9]*\): $name .*/\1/p" <<<"$shown")
        grep -q "^$number: skipped: .*$package" <<<"$shown" || fail "$name is skipped without its reason: $shown"
        tests=$((tests + 1))
    done
done
[[ $tests -ge ${#hidden[@]} ]] || fail "only $tests tests of bridges are skipped"

# An autopmr that was built so says so, though the libraries are there when somebody asks.
without="${#hidden[@]}" hidden=()
rm -rf "$work/built_so"
cp -r "$prefix" "$work/built_so"
cp "$work"/tests/autopmr-bridge-*.cmake "$(dirname "$(find "$work/built_so" -name autopmr-config.cmake)")"
configure later "$here/without" -DCMAKE_PREFIX_PATH="$work/built_so" -DCONSUMER_ASKS="${bridges[0]}"
[[ $output == *"all is as it should be"*"this autopmr was built without"* ]] || fail "built without libraries: $output"
echo "without $without packages and pkg-config, $tests tests are skipped with the reason"
