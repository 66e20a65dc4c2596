#!/usr/bin/env bash
# A fuzz target under libFuzzer, with the sources it needs built anew by a clang for that. Exits with 77 where it can't be.
#   run.sh COMPILER TARGET WORK SECONDS
set -euo pipefail
compiler=$1 target=$2 work=$3 seconds=$4
root=$(cd "$(dirname "$0")/../.." && pwd)
skip() { echo "skipped: $*"; exit 77; }

case ${AUTOPMR_FUZZ_FLAGS:-} in *-fsanitize*) skip "fuzzers have sanitizers of their own; the build without any runs them";; esac
[ "${AUTOPMR_FUZZ_SYSTEM:-Linux}" = Linux ] || skip "the list of sources is Linux's"
command -v "$compiler" >/dev/null || skip "clang++ is not here; Debian has it in clang"
rm -rf "$work"
mkdir -p "$work/corpus"
flags=(-std=c++20 -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -I"$root/include" -I"$root" -DAUTOPMR_VERSION='"0"')
echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' >"$work/try.cpp"
"$compiler" -fsanitize=fuzzer,address,undefined "$work/try.cpp" -o "$work/try" 2>"$work/try.log" ||
    skip "$compiler has no libFuzzer; Debian has it in libclang-rt-dev"

sources=("$root"/src/platform/{os_linux,process_linux,secret_linux,posix_shared,guard_posix,access_fault,code_mappings,stack_unwind,heap,clock}.cpp)
case $target in
    fault_file) sources+=("$root"/src/formats/fault_file.cpp "$root"/src/fault_report.cpp "$root"/src/support/report_text.cpp) ;;
    guard_pool) sources+=("$root"/src/guard_pool*.cpp "$root"/src/{fault_report,fault_handler,errors,fork_mutex}.cpp "$root"/src/ledger*.cpp "$root"/src/formats/fault_file_writer.cpp
                          "$root"/src/support/{fault_sources,stack_store,report_text,per_thread,announce}.cpp) ;;
esac
objects=()
for source in "${sources[@]}" "$root/tests/fuzz/$target.cpp"; do
    object=${source#"$root"/}
    object=$work/${object//\//.}.o
    ${AUTOPMR_FUZZ_LAUNCHER:+"$AUTOPMR_FUZZ_LAUNCHER"} "$compiler" "${flags[@]}" -c "$source" -o "$object"
    objects+=("$object")
done
"$compiler" -fsanitize=fuzzer,address,undefined "${objects[@]}" -o "$work/fuzz" -pthread -ldl

cd "$work"
"./fuzz" corpus -max_total_time="$seconds" -seed=1 -max_len=700 -use_value_profile=1 -print_final_stats=1 -timeout=20 >fuzz.log 2>&1 ||
    { tail -n 60 fuzz.log; echo "the input that failed is in $work"; exit 1; }
grep -E "^(Done|stat::number_of_executed_units|stat::peak)" fuzz.log
