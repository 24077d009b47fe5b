# For the tests of the command line: run things, expect their exit code and text, serve and stop.
# usage of a test: bash x_test.sh <teatime> <folder of sample modules> <folder of odd modules>
set -euo pipefail
program=$1 modules=$2 odd=$3
folder=$(mktemp -d /tmp/teatime-cli.XXXXXX)
children=()
export XDG_CACHE_HOME=$folder/cache  # named modules are remembered there
export XDG_RUNTIME_DIR=$folder       # reflectors are found there
unset TEATIME_MODULES

finish() {
    local code=$?
    if [ ${#children[@]} -gt 0 ]; then
        kill -KILL "${children[@]}" 2>/dev/null || true
        wait 2>/dev/null || true
    fi
    [ $code -ne 0 ] || rm -rf "$folder"
    exit $code
}
trap finish EXIT

teatime() { "$program" "$@"; }

die() {
    printf 'FAILED: %s\n' "$*" >&2
    printf 'at line %s; files are in %s\n' "${BASH_LINENO[*]}" "$folder" >&2
    exit 1
}

# expect <code> <pattern> <arguments>...: the exit code, and a line of $out or $err that matches
# the extended regular expression. Errors (code 2 and 3) are one sentence and nothing else.
expect() {
    local want=$1 pattern=$2 code=0
    shift 2
    out=$(timeout 60 "$program" "$@" 2> "$folder/stderr" < /dev/null) || code=$?
    err=$(cat "$folder/stderr")
    [ $code -eq "$want" ] || die "teatime $*: exit code $code, not $want: $out $err"
    grep -qE -- "$pattern" <<< "$out"$'\n'"$err" || die "teatime $*: no /$pattern/ in: $out $err"
    [ "$want" -lt 2 ] && return
    [ -z "$out" ] || die "teatime $*: an error, but prints $out"
    [ "$(wc -l <<< "$err")" -eq 1 ] || die "teatime $*: more than one line of error: $err"
    [[ $err == "teatime: "* ]] || die "teatime $*: whose error is this: $err"
}

# until_true <seconds> <command>...: waits for the command to succeed.
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || die "not within the deadline: $*"
        sleep 0.05
    done
}

has_line() { grep -qE -- "$2" "$1" 2> /dev/null; }  # file, pattern

# serve <log> <options>...: a reflector in the background: $url, $reflector (its process).
serve() {
    local log=$1
    shift
    "$program" serve --port 0 "$@" > "$log" 2> "$log.err" &
    reflector=$!
    children+=("$reflector")
    until_true 20 has_line "$log" 'teatime reflector at ws:'
    url=$(sed -n '1s/^teatime reflector at //p' "$log")
    [ -n "$url" ] || die "the first line is not the address: $(cat "$log")"
}

# stop <process>: SIGTERM, and it ends well.
stop() {
    kill -TERM "$1"
    wait "$1" || die "process $1 ended with $?"
}

# join <log> <options>...: a member in the background that has joined: $member (its process).
join() {
    local log=$1
    shift
    "$program" join "$@" > "$log" 2>&1 < /dev/null &
    member=$!
    children+=("$member")
    until_true 20 has_line "$log" 'joined session'
}

# json <text> <path>...: the value there, or a failure where the text is no JSON.
json() {
    local text=$1
    shift
    printf '%s' "$text" > "$folder/json"
    local path=$*
    cmake -DFILE="$folder/json" -DAT="${path// /;}" -P "${BASH_SOURCE[0]%/*}/json.cmake" ||
        die "no JSON with $* in it: $text"
}

# stored <recording>: the times of its states, one a line.
stored() { teatime export "$1" --format jsonl | sed -n 's/^{"kind":"keyframe","mark":"\([0-9.]*s\)#.*/\1/p'; }

one_file() { # recording: stopped properly, it is one file
    [ -s "$1" ] && [ ! -e "$1-wal" ] && [ ! -e "$1-shm" ] || die "not one file: $(ls "$1"*)"
}
