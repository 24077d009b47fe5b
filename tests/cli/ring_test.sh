# What `serve --keep`, `--quota` and `--min-free` make of a recording, and `keep`.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

expect 2 '`much` is no size; write 200MB' serve --record "$folder/r" --quota much
expect 2 'a quota of 1kB is too little' serve --record "$folder/r" --quota 1kB
expect 2 '`1ho` is no time' serve --record "$folder/r" --keep 1ho
expect 2 '--keep 10ms is too little: at least 1s or 1.0 MB' serve --record "$folder/r" --keep 10ms
expect 2 '--commit-every 1h is not possible: 0.001s to 10s' serve --record "$folder/r" --commit-every 1h
expect 3 'there is no such file' keep "$folder/none.timegraph"

# Nothing has so much room: the session goes on, and the log says what is not recorded.
serve "$folder/full.log" --record "$folder/full" --modules "$modules" --min-free 1000000TB
expect 0 '' join "$url" --app counter --modules "$modules" --send 'counter.loop' --until 2s --report hash
stop "$reflector"
has_line "$folder/full.log.err" 'nothing is recorded, the session goes on: .* bytes are free' ||
    die "$(cat "$folder/full.log.err")"

serve "$folder/serve.log" --record "$folder/recordings" --modules "$modules" --keep 1min \
    --durability message
join "$folder/Ann.log" "$url" --app counter --modules "$modules" --name Ann --send 'counter.loop'
recorded() { ls "$folder"/recordings/*.timegraph > "$folder/ls" 2> /dev/null; }
until_true 20 recorded
recording=$(cat "$folder/ls")
expect 0 'nothing more is dropped; it begins as its session did' keep "$recording"
[ -e "$recording.keep" ] || die "it is not kept"
expect 0 '^ring +keeps the last 60s; kept: nothing more is dropped$' info "$recording"
grep -qE '^durability +message: each was in the file before' <<< "$out" || die "info: $out"
expect 0 'what is too old is dropped again$' keep "$recording" --release
expect 0 'was not kept$' keep "$recording" --release
[ ! -e "$recording.keep" ] || die "it is kept"
expect 0 'nothing more is dropped' keep "$recording"
stop "$member"
stop "$reflector"
[ ! -e "$recording.keep" ] || die "the recorder has left its file"
expect 0 'it is not being recorded any more' keep "$recording"
expect 0 '' info "$recording" --json
[ "$(json "$out" ring) $(json "$out" durability)" = '60s message' ] || die "info: $out"
serve "$folder/other.log" --record "$folder/plain" --modules "$modules"
expect 0 '' join "$url" --app counter --modules "$modules" --until 1s --report hash
stop "$reflector"
expect 2 'is no ring: nothing is ever dropped from it' keep "$folder"/plain/*.timegraph
expect 0 '^durability +interval: committed every 0.1s; the longest wait was [0-9.]+s$' info "$folder"/plain/*.timegraph
