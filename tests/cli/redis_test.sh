#!/usr/bin/env bash
# redis-server brings jemalloc: `autopmr info --pid` must say so, and `autopmr run` must leave it or replace it as asked.
# Uses the machine's redis, else unpacks Debian's package in the folder given (never installed). Usage: PROGRAM FOLDER
set -euo pipefail
program=$1 folder=$2
skip() { echo "skipped: $*"; exit 77; }
fail() { echo "FAILED: $*" >&2; exit 1; }

server=$(command -v redis-server || true)
if [[ -z $server ]]; then
    mkdir -p "$folder"
    cd "$folder"
    if [[ ! -x tree/usr/bin/redis-server ]]; then
        command -v apt-get >/dev/null && command -v dpkg >/dev/null || skip "no redis-server here, and no apt-get to get it with"
        # Only what is missing: the others are the machine's own.
        timeout 60 apt-get -qq download redis-server redis-tools liblzf1 liblua5.1-0 libatomic1 >apt.log 2>&1 ||
            skip "no redis-server here, and apt-get could not download it: $(tail -n 1 apt.log)"
        for package in *.deb; do dpkg -x "$package" tree; done
    fi
    server=$folder/tree/usr/bin/redis-server
    LD_LIBRARY_PATH=$(echo "$folder"/tree/usr/lib/*-linux-gnu)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    export LD_LIBRARY_PATH
fi
"$server" --version >/dev/null 2>&1 || skip "redis-server does not start here: $(ldd "$server" 2>/dev/null | grep 'not found' | head -n 1)"
"$server" --version | grep -q malloc=jemalloc || skip "this redis-server was built without jemalloc"

work=$(mktemp -d)
pid=
trap '[[ -z $pid ]] || kill "$pid" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

# start COMMAND...: redis on a socket of its own in the work folder, so that no port can be taken.
start() {
    rm -f "$work/socket"
    "$@" "$server" --port 0 --unixsocket "$work/socket" --save '' --dir "$work" >"$work/log" 2>"$work/err" &
    pid=$!
    for _ in $(seq 200); do
        [[ -S $work/socket ]] && return
        kill -0 "$pid" 2>/dev/null || fail "redis-server ended: $(cat "$work/log" "$work/err")"
        sleep 0.05
    done
    fail "redis-server does not listen: $(cat "$work/log" "$work/err")"
}
stop() { kill "$pid"; wait "$pid" || true; pid=; }
# expect WORD...: the report on the running redis says all of these.
expect() {
    local report
    report=$("$program" info --pid "$pid") || fail "info --pid ended with $?"
    echo "$report"
    for word in "$@"; do [[ $report == *"$word"* ]] || fail "the report does not say '$word'"; done
}

start env
expect 'malloc     jemalloc' libjemalloc.so.2 'libc (glibc)'
"$program" check --pid "$pid" --expect jemalloc || fail "check --pid"
stop

start "$program" run --
grep -q 'nothing preloaded' "$work/err" || fail "run did not leave redis its own allocator: $(cat "$work/err")"
expect 'malloc     jemalloc'
stop

if "$program" run --quiet --backend mimalloc -- true 2>/dev/null; then
    start "$program" run --backend mimalloc --
    grep -q 'LD_PRELOAD=.*libmimalloc' "$work/err" || fail "run says: $(cat "$work/err")"
    expect 'malloc     mimalloc' 'not used   jemalloc'
    stop
fi
echo "redis: all as expected"
