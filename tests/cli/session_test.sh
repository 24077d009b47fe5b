# A session with several replicas: serve, join, send, time control, a late join, a host.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve "$folder/serve.log" --modules "$modules"
expect 0 '^no sessions$' sessions "$url"

# Those on this machine are found without an address, as long as they run.
expect 0 "^$url\$" sessions
first=$url first_process=$reflector
serve "$folder/other.log" --modules "$modules"
join "$folder/elsewhere.log" "$url" --app counter --modules "$modules" --for 60s
expect 0 "^$first\$" sessions
grep -A2 "^$url\$" <<< "$out" | grep -qE '^counter +counter +native ' || die "not under its address: $out"
out=$("$program" sessions --json)
[ "$(json "$out" 0 reflector)" = "$url" ] && [ "$(json "$out" 0 id)" = counter ] || die "no session of $url: $out"
kill -KILL "$reflector" "$member"  # takes nothing back
wait "$reflector" "$member" 2> /dev/null || true
expect 0 "^$first\$" sessions
! grep -q "^$url\$" <<< "$out" || die "found, but gone: $out"
[ "$(find "$XDG_RUNTIME_DIR/teatime" -type f | wc -l)" -eq 1 ] || die "notes of what is gone: $(ls "$XDG_RUNTIME_DIR/teatime")"
serve "$folder/third.log" --modules "$modules"
stop "$reflector"
[ "$(find "$XDG_RUNTIME_DIR/teatime" -type f | wc -l)" -eq 1 ] || die "notes are left: $(ls "$XDG_RUNTIME_DIR/teatime")"

# One that left no note is found where it answers at port 9090: in a network where that is ours.
if unshare --map-root-user --net ip link set lo up 2> /dev/null; then
    unshare --map-root-user --net bash -c '
        ip link set lo up
        export XDG_RUNTIME_DIR=$3/nothing TMPDIR=$3/cache
        "$1" sessions > "$3/nobody.out"
        XDG_RUNTIME_DIR=$3/other "$1" serve --modules "$2" > "$3/unnoted.log" &
        until grep -q "reflector at" "$3/unnoted.log"; do sleep 0.05; done
        "$1" sessions > "$3/unnoted.out"
        kill $!; wait $!
    ' alone "$program" "$modules" "$folder"
    has_line "$folder/nobody.out" '^no reflector of yours runs on this machine; ' || die "somebody is there"
    has_line "$folder/unnoted.out" '^ws://127\.0\.0\.1:9090$' || die "not found: $(cat "$folder/unnoted.out")"
else
    echo "no network of its own can be had: what answers at port 9090 is not looked for"
fi
url=$first reflector=$first_process

three_members() { "$program" sessions "$url" | grep -qE '^counter +counter +native +3 '; }
names=(Ann Ben Cat)
replicas=()
for name in "${names[@]}"; do
    join "$folder/$name.log" "$url" --app counter --modules "$modules" --name "$name" \
        --until 30s --report hash
    replicas+=("$member")
done
expect 0 '' send "$url" counter 'counter.loop()' 'counter.add(40)'
# What the world refuses comes back to the sender, whatever else it sends; what is not checked does not.
expect 1 'counter.nope at [0-9.]+s#[0-9]+: unknown selector: ' \
    send "$url" counter 'counter.nope()' 'counter.add(1)'
expect 1 'counter.add at ' send "$url" counter 'counter.add("x")'
expect 1 '#99.add at ' send "$url" counter '#99.add(1)'
expect 0 '' send "$url" counter 'counter.nope()' --no-check
[ -z "$err" ] || die "not checked, but: $err"
until_true 20 three_members
expect 0 '^counter +counter +native +3 ' sessions "$url"
expect 0 '' sessions "$url" --json
[ "$(json "$out" 0 members)" = 3 ] || die "members: $out"

# Paused, and after each of ten steps, three replicas report one Mark and one hash.
expect 0 '^paused at ' time "$url" counter pause
previous=
for step in $(seq 10); do
    expect 0 '"paused"' time "$url" counter step message --json
    [ "$(grep -o '"hash"' <<< "$out" | wc -l)" = 1 ] || die "step $step: a split: $out"
    grep -qE '"members":\[[0-9]+,[0-9]+,[0-9]+\]' <<< "$out" || die "step $step: not three: $out"
    mark=$(json "$out" groups 0 mark)
    [ "$mark" != "$previous" ] || die "step $step: still at $mark"
    previous=$mark
done
expect 0 '^[0-9.]+s(#[0-9]+)?  [0-9a-f]{32}  members [0-9]+ [0-9]+ [0-9]+$' time "$url" counter step 500ms

# Who comes late obeys the pause, and is one of those who report.
join "$folder/Dan.log" "$url" --app counter --modules "$modules" --name Dan --until 30s --report hash
names+=(Dan)
replicas+=("$member")
expect 0 'members [0-9]+ [0-9]+ [0-9]+ [0-9]+$' time "$url" counter step instant
expect 0 'is paused: what was sent waits' send "$url/counter" 'counter.add(1)'
expect 0 '^paused at .*, 1 message waiting$' time "$url/counter" pause
expect 0 'rate 16' time "$url/counter" rate 16
expect 0 '^25s  [0-9a-f]{32}  members [0-9]+ [0-9]+ [0-9]+ [0-9]+$' time "$url" counter until 25s
expect 1 '3s is not ahead of the session, which stands at 25s' time "$url" counter until 3s
expect 1 '9999999999s is more than a year ahead of the session, which stands at 25s' \
    time "$url" counter until 9999999999s
expect 2 'soon' time "$url" counter until soon
expect 0 '^running at ' time "$url" counter resume
for replica in "${replicas[@]}"; do wait "$replica" || die "a replica ended with $?"; done
for name in "${names[@]}"; do tail -1 "$folder/$name.log"; done | sort -u > "$folder/hashes"
[ "$(wc -l < "$folder/hashes")" = 1 ] || die "the replicas differ: $(cat "$folder/hashes")"
has_line "$folder/hashes" '^30s  [0-9a-f]{32}$' || die "no hash: $(cat "$folder/hashes")"

# told <code> <pattern> <options>...: a member that stays until it has said that; $err is all it said.
told() {
    local want=$1 pattern=$2 code=0
    shift 2
    join "$folder/told.log" "$@"
    until_true 20 has_line "$folder/told.log" "$pattern"
    kill -TERM "$member"
    wait "$member" || code=$?
    err=$(cat "$folder/told.log")
    [ $code = "$want" ] || die "join $*: exit code $code, not $want: $err"
}

# Errors from before the join are counted, those of others after it are told, the own ones fail.
expect 1 'counter.nope at ' send "$url" counter 'counter.nope()'
told 0 '^teatime: [0-9]+ earlier errors$' "$url" --app counter --modules "$modules"
! grep -q 'unknown selector' <<< "$err" || die "errors from before the join: $err"
join "$folder/Eve.log" "$url" --app counter --modules "$modules" --for 60s
eve=$member
told 1 'unknown selector in nope' "$url" --app counter --modules "$modules" --send 'counter.nope()'
until_true 20 has_line "$folder/Eve.log" 'unknown selector in nope'
stop "$eve"
# Who begins the session sends at its very first moment.
told 1 'wrong arguments in add at [0-9.]+s#[0-9]+: ' "$url" --session begun --app counter \
    --modules "$modules" --send 'counter.add("x")'
! grep -q 'earlier error' <<< "$err" || die "its own error is an earlier one: $err"

# Where nothing waits no step is taken.
join "$folder/Idle.log" "$url" --session idle --app counter --modules "$modules" --for 60s
expect 0 '^paused at ' time "$url/idle" pause
expect 1 '^teatime: No external message waits\.$' time "$url/idle" step external
for by in message instant; do expect 1 '^teatime: No message waits\.$' time "$url/idle" step $by; done
expect 0 'waits there' send "$url/idle" 'counter.loop()'
expect 1 '^teatime: Only external messages wait; step by external\.$' time "$url/idle" step
expect 0 '^paused at ' time "$url/idle" step external
for by in instant message; do expect 0 '^paused at ' time "$url/idle" step $by; done
stop "$member"

# One who only looks has the same state and is nobody.
join "$folder/view.log" "$url" --app counter --modules "$modules" --view --for 60s --report state
expect 0 '"members": *0' sessions "$url" --json
stop "$member"
join "$folder/mystery.log" "$url" --app "$odd/mystery/counter.so" --for 60s
expect 0 'sent without a check: no module mystery.so' send "$url" mystery 'mystery.nope()'
stop "$member"
[ -n "$(json "$(tail -1 "$folder/view.log")")" ] || die "no state: $(cat "$folder/view.log")"
stop "$reflector"

# Whoever waits for a time brings it, where the world needs none.
serve "$folder/lazy.log" --time lazy
expect 0 '^1\.5s  [0-9a-f]{32}$' join "$url" --app counter --modules "$modules" --until 1.5s \
    --report hash
stop "$reflector"

# Replicas of two builds differ: told once, with the members, and by the exit code.
serve "$folder/mixed.log" --allow-mixed --votes 200ms
join "$folder/Fay.log" "$url" --app counter --modules "$modules" --for 60s
fay=$member
join "$folder/Gus.log" "$url" --app counter --modules "$odd/changed" --send 'counter.add(7)'
until_true 20 has_line "$folder/Gus.log" \
    '^teatime: Replicas differ at [0-9.]+s: [0-9a-f]{12} at member 1; [0-9a-f]{12} at member 2\.$'
until_true 20 has_line "$folder/Fay.log" 'Replicas differ'
sleep 1  # more votes, which tell nothing new
for replica in "$member" "$fay"; do
    code=0
    kill -TERM "$replica"
    wait "$replica" || code=$?
    [ $code = 1 ] || die "replicas differed, and the exit code is $code"
done
[ "$(grep -c 'Replicas differ' "$folder/Gus.log")" = 1 ] || die "told again: $(cat "$folder/Gus.log")"
[ "$(grep -c 'Replicas differ' "$folder/Fay.log")" = 1 ] || die "told again: $(cat "$folder/Fay.log")"
stop "$reflector"

# A member carries the session itself; a script plays, and the others follow.
printf '# a script\ncounter.add(2)\nwait 100ms\n  counter.add(3)  \n' > "$folder/script"
join "$folder/host.log" "$url" --app counter --modules "$modules" --host \
    --script "$folder/script" --record "$folder/host.timegraph" --for 60s
has_line "$folder/host.log" "hosting at $url" || die "no host: $(cat "$folder/host.log")"
expect 0 '"count": ?1?5' join "$url" --app counter --modules "$modules" --for 3s --report state \
    --record "$folder/guest.timegraph"
stop "$member"
one_file "$folder/host.timegraph"
one_file "$folder/guest.timegraph"
for who in host guest; do
    expect 0 '^replay: ' verify "$folder/$who.timegraph" --modules "$modules" --require-replay
done
