#!/bin/sh
# ends_well.sh WORDS PROGRAM ARGS: the program must say WORDS, say "ok" last, and exit with 0 after that.
words=$1
shift
said=$("$@")
status=$?
printf '%s\n' "$said"
[ "$status" -eq 0 ] || { echo "ended with status $status"; exit 1; }
case $said in *"$words"*ok) ;; *) echo "did not say '$words' and then 'ok'"; exit 1 ;; esac
