#!/usr/bin/env bash
# How ./dev sets up, tried with stand-ins for dpkg, apt and cmake that write down what they were asked.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

mkdir "$work/bin" "$work/project"
cp "$top/dev" "$work/project/dev"
for tool in bash env grep sed awk cat mkdir rm dirname tr xargs cut nproc uname echo touch; do ln -s "$(type -P "$tool")" "$work/bin/$tool"; done
echo 'ID=fedora' >"$work/elsewhere"
printf 'ID=debian\nVERSION_ID="12"\n' >"$work/debian"

stand_in() { # NAME, then its script on standard input
    { echo '#!/usr/bin/env bash'; echo "echo \"$1 \$*\" >>'$work/asked'"; cat; } >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}
dev() { # OS-RELEASE ARGS: its output in $output, what it asked in $asked, its status in $status
    : >"$work/asked"
    output=$(OS_RELEASE="$work/$1" PATH="$work/bin" "$work/project/dev" "${@:2}" 2>&1 </dev/null)
    status=$?
    asked=$(cat "$work/asked")
}
expect() { # TEXT in WHAT: a part of it must be there;   not TEXT in WHAT
    local wanted=yes found=no
    [[ $1 == not ]] && { wanted=no; shift; }
    [[ $3 == *"$1"* ]] && found=yes
    [[ $found == "$wanted" ]] && return
    printf 'FAILED: %s: "%s" is %s in:\n%s\n\n' "$case" "$1" "$([[ $found == yes ]] && echo there || echo not)" "$3"
    failures=$((failures + 1))
}

case="an unknown command"
dev elsewhere frobnicate
expect "unknown command frobnicate; ./dev help lists them" in "$output"
expect 1 in "$status"

case="elsewhere with nothing there, it names what is missing and installs nothing"
stand_in apt-get </dev/null
dev elsewhere build
expect "    g++: the compiler" in "$output"
expect "    libmimalloc-dev: backend mimalloc" in "$output"
expect "not Debian 12" in "$output"
expect "can't go on without: g++ cmake ninja-build" in "$output"
expect 1 in "$status"
expect not "apt-get" in "$asked"

# From here on: Debian 12, where dpkg knows what is in the file `installed` and apt adds to it.
stand_in sudo <<<'exec "$@"'
# shellcheck disable=SC2016 # the stand-in's
stand_in cmake <<<'[[ $1 == --preset ]] && { mkdir -p build/$2; touch build/$2/CMakeCache.txt build/$2/build.ninja; }; exit 0'
stand_in dpkg-query <<<"sed 's/\$/:installed/' '$work/installed'"
stand_in apt-get <<EOS
[[ \$* == *--no-remove* || \$1 == update ]] || { echo "E: asked without --no-remove"; exit 1; }
for package in "\$@"; do
    [[ \$package == libboost-container1.81-dev ]] || continue
    printf 'The following packages will be REMOVED:\n  libboost1.74-dev\nE: Packages need to be removed but remove is disabled.\n'
    exit 100
done
[[ " \$* " == *" -s "* ]] || for package in "\$@"; do echo "\$package" >>'$work/installed'; done
EOS
echo "the base system" >"$work/installed"

case="on Debian 12 it names what is missing, installs it, and goes on without what conflicts"
dev debian build
expect "installing with apt-get: g++ cmake" in "$output"
expect "goes without libboost-container1.81-dev (backend boost_pool): apt would have to remove libboost1.74-dev" in "$output"
expect "apt-get update" in "$asked"
expect "--no-remove" in "$asked"
expect "cmake --preset release" in "$asked"
expect "cmake --build build/release" in "$asked"
expect 0 in "$status"
expect "g++" in "$(cat "$work/installed")"

case="a second run asks apt nothing and does not configure"
dev debian build
expect "goes without libboost-container1.81-dev" in "$output"
expect not "apt-get" in "$asked"
expect not "cmake --preset" in "$asked"
expect "cmake --build build/release" in "$asked"

case="what is missing later is installed, and the build looks for it again"
sed -i '/^libtbb-dev$/d' "$work/installed"
dev debian build
expect "installing with apt-get: libtbb-dev" in "$output"
expect "cmake --preset release" in "$asked"

case="an option that the demo does not have is refused before anything is built"
dev debian demo --rounds 2 --bogus
expect "demo: unknown option --bogus; ./dev demo --help lists them" in "$output"
expect 1 in "$status"
expect not "cmake" in "$asked"
for option in --help $(sed -n 's/^ *"  \(--[a-z]*\) .*/\1/p; s/.*also as \(--[a-z]*\) .*/\1/p' "$top/examples/package_index.cpp"); do
    case="an option that the demo has is passed on: $option"
    dev debian demo "$option"
    expect "cmake --build build/release" in "$asked"
    options="${options:-} $option"
done
case="the demo's options are read from its usage"
expect " --help --file --rounds --case" in "${options:-}"

case="the tests need the light bridges' libraries, what their examples work on, and nothing heavy"
mkdir -p "$work/project/adapters" "$work/project/tests/fresh"
echo '# Debian: liblight-dev <light.h>' >"$work/project/adapters/light.cmake"
printf '# Debian (heavy): libheavy-dev <heavy.h>\n# Debian: libalso-dev <also.h>\n' >"$work/project/adapters/mixed.cmake"
stand_in ctest </dev/null
dev debian test
expect "    liblight-dev: bridge light" in "$output"
expect "    iso-codes: what the examples" in "$output"
expect "ctest --preset release" in "$asked"
for package in liblight-dev libalso-dev iso-codes wamerican; do expect "$package" in "$(cat "$work/installed")"; done
for package in libheavy-dev debootstrap libsodium-dev; do expect not "$package" in "$asked"; done

case="--all needs the heavy ones too, and tries a fresh root"
printf '#!/usr/bin/env bash\necho "a fresh root" >>"%s"\n' "$work/asked" >"$work/project/tests/fresh/run"
chmod +x "$work/project/tests/fresh/run"
dev debian test --all
expect "    libheavy-dev: bridge mixed" in "$output"
for package in libheavy-dev debootstrap; do expect "$package" in "$(cat "$work/installed")"; done
expect not "liblight-dev" in "$asked"
expect "a fresh root" in "$asked"
expect 0 in "$status"

[[ $failures -eq 0 ]] && echo "dev sets up as it says"
exit $((failures != 0))
