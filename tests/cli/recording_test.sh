# What `serve --record` and `record` write, and what every verb makes of it.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
modules=$odd/fault  # found nowhere by itself: a build with the recording's code id is preferred

serve "$folder/serve.log" --record "$folder/recordings" --modules "$modules"
join "$folder/Ann.log" "$url" --app counter --modules "$modules" --name Ann --send 'counter.loop'
first=$member
join "$folder/Ben.log" "$url" --app counter --modules "$modules" --name Ben
expect 0 '' send "$url" counter 'counter.add(7)'
"$program" record "$url" counter -o "$folder/viewer.timegraph" --modules "$modules" \
    --until 3s > "$folder/viewer.log" 2>&1 || die "record: $(cat "$folder/viewer.log")"
expect 0 '' save "$url/counter" -o "$folder/live.island" --modules "$modules"
kill -KILL "$first"  # a member that falls harms nobody
wait "$first" 2> /dev/null || true
stop "$member"
stop "$reflector"
recording=$(ls "$folder"/recordings/*.timegraph)
one_file "$recording"
one_file "$folder/viewer.timegraph"

export TEATIME_MODULES=$modules
expect 0 'counter' info "$recording"
expect 0 '' info "$recording" --json
[ "$(json "$out" app)" = counter ] || die "info: $out"
expect 0 'counter.add\(7\)' log "$recording"
[ "$(grep -c 'counter.loop' <<< "$out")" = 1 ] || die "loop is one external message: $out"
expect 0 '' log "$recording" --json --limit 1
[ -n "$(json "$out")" ] || die "log: $out"
expect 0 'counter' log "$recording" --json
out=$(grep 'add' <<< "$out")
[ "$(json "$out" target) $(json "$out" selector) $(json "$out" arguments 0)" = 'counter add 7' ] ||
    die "a call: $out"
expect 0 'count' state "$recording" counter --at 2.2s
expect 0 '' state "$recording" --at 2.2s --json
[ -n "$(json "$out")" ] || die "state: $out"
expect 0 '' render "$recording" --at 2.2s -o "$folder/x.svg"
TEATIME_MODULES='' XDG_CACHE_HOME=$folder/none expect 1 'counter has no picture: its root has no' \
    render "$recording" --at 2.2s -o "$folder/none.svg" --modules "$odd/blind"
[ ! -e "$folder/none.svg" ] || die "a picture of nothing"
TEATIME_MODULES='' XDG_CACHE_HOME=$folder/none expect 1 \
    'draw\(\) of Counter threw std::out_of_range: no face; the picture is incomplete$' \
    render "$recording" --at 2.2s -o "$folder/half.svg" --modules "$odd/unseen"
has_line "$folder/half.svg" '</svg>' || die "what was drawn is not written"
expect 2 'x.png: pictures are SVG; name it \*.svg' render "$recording" -o "$folder/x.png"
expect 2 '--to 1s is before --from 2s' log "$recording" --from 2s --to 1s
has_line "$folder/x.svg" '^<svg|<svg ' || die "no picture"
expect 1 'count: [0-9]+ -> [0-9]+' diff "$recording@1.2s" @2.2s
expect 0 '^same: ' diff "$recording@2.2s" "$folder/viewer.timegraph@2.2s"
expect 0 '  state [0-9a-f]{32}$' replay "$recording" --quiet
hash=${out##* }
expect 0 "\* counter.add\(7\)" replay "$recording"
expect 0 "$hash" replay "$recording" --json
expect 0 "$hash" replay "$recording" --quiet --in-process
for file in "$recording" "$folder/viewer.timegraph"; do
    expect 0 '^replay: ([0-9]+) of \1 votes and ([0-9]+) of \2 keyframes agree' \
        verify "$file" --require-replay
done
expect 0 '' verify "$recording" --json
[ "$(json "$out" executed)" = ON ] || die "verify: $out"
expect 0 '^file: whole' verify "$recording" "$folder/viewer.timegraph"
[ "$(grep -c '^replay: .* agree' <<< "$out")" = 2 ] || die "two files: $out"
grep -qx "$folder/viewer.timegraph:" <<< "$out" || die "which file: $out"

# Without the module the file is checked, and that is said.
unset TEATIME_MODULES
export XDG_CACHE_HOME=$folder/no-cache
expect 0 'replay: not re-executed' verify "$recording" --no-execute
expect 0 '' join "$url" --app "$odd/mystery/counter.so" --host --for 1s \
    --record "$folder/mystery.timegraph"
expect 0 'replay: not re-executed' verify "$folder/mystery.timegraph"
[ "$(cat <<< "$out$err" | grep -c 'no module')" = 1 ] || die "told twice: $out $err"
first=$(stored "$recording" | sed -n 1p)
expect 0 "shown: $first#[0-9]+, the last stored state up to $first" \
    state "$recording" counter --no-execute --at "$first"
expect 3 'cannot be drawn: no module mystery.so' render "$folder/mystery.timegraph"
expect 3 'cannot be executed: no module mystery.so' why "$folder/mystery.timegraph" mystery.count
: > "$folder/mystery.so"
expect 1 'replay: not re-executed' \
    verify "$folder/mystery.timegraph" "$recording" --modules "$folder/mystery.so"
expect 1 'replay: not re-executed' verify "$folder/mystery.timegraph" --require-replay

# A path goes on through references.
expect 0 '' join "$url" --app painter --host --for 1s --record "$folder/painter.timegraph" \
    --send 'painter.stroke_begin(100, 50)'
expect 0 '^100\.0$' state "$folder/painter.timegraph" 'painter.strokes[0].points[0].x'
expect 2 'strokes\[0\].* has no `pionts`; it has ' \
    state "$folder/painter.timegraph" 'painter.strokes[0].pionts'

# One changed line: another code id is a remark; the first vote after 7 was added tells.
expect 1 '^DIFFERS first at ' verify "$recording" --modules "$odd/changed"
[ "$(wc -l <<< "$err")" = 1 ] && grep -qE 'code id|build' <<< "$err" || die "remark: $err"
# The recorded build is remembered, from `serve`: who names a folder means it all the same.
XDG_CACHE_HOME=$folder/cache TEATIME_MODULES=$odd/changed expect 1 '^DIFFERS first at ' \
    verify "$recording"
differs=$(sed -n 's/^DIFFERS first at \([0-9.]*\)s.*/\1/p' <<< "$out")
added=$(teatime log "$recording" | sed -n 's/^ *\([0-9.]*\)s.*counter.add(7).*/\1/p')
awk "BEGIN { exit !($differs > $added && $differs <= $added + 1.1) }" ||
    die "added at $added, differs at $differs"

# An Island as a file; the session goes on from it, with the state and above the time saved.
export TEATIME_MODULES=$modules
expect 0 ' at [0-9.]+s#[0-9]+, state ' save "$recording" --at 2.2s -o "$folder/x.island"
mark=$(sed 's/.* at \(.*\), state .*/\1/' <<< "$out")  # the last message executed by then
saved=${mark%s#*}
expect 0 '^same: ' diff "$recording@2.2s" "$folder/x.island"
expect 0 'count' state "$folder/live.island" counter
serve "$folder/again.log" --restore "$folder/x.island" --record "$folder/again"
"$program" join "$url" --app counter --session counter --send 'counter.add(1000)' --for 1500ms \
    --report hash > "$folder/more.log" 2>&1 || die "join: $(cat "$folder/more.log")"
expect 0 "^teatime: 1s is past: this member joined with the state of ${saved}s$" \
    join "$url" --app counter --session counter --until 1s --report hash
stop "$reflector"
again=$(ls "$folder"/again/*.timegraph)
one_file "$again"
expect 0 '^replay: ' verify "$again" --require-replay
added=$(teatime log "$again" | sed -n 's/^ *\([0-9.]*\)s.*counter.add(1000).*/\1/p')
awk "BEGIN { exit !($added >= $saved) }" || die "stamped at $added, before $saved"
[ "$(teatime state "$again" counter --at "$mark")" = "$(teatime state "$folder/x.island" counter)" ] ||
    die "the session does not go on from the state saved"
[ "$(teatime state "$again" counter --at start)" = "$(teatime state "$folder/x.island" counter)" ] ||
    die "the start of a session that goes on is not the state saved"
expect 2 "^teatime: 0s is outside the recording, which goes from $mark to " state "$again" --at 0s
expect 0 "^length +[0-9.]+s of virtual time, from ${saved}s to [0-9.]+s, until 20" info "$again"
expect 0 '' info "$again" --json
[ "$(json "$out" begin)" = "${saved}s" ] || die "begin: $out"

# Who records from late on begins with what another recorder of the same session has, and only with that.
serve "$folder/fast.log" --rate 16 --record "$folder/fast" --modules "$modules"
join "$folder/Cat.log" "$url" --app counter --modules "$modules" --name Cat --send 'counter.loop' 'counter.add(5)'
expect 0 '^12s  ' join "$url" --app counter --until 12s --report hash  # from where on joining is with a snapshot
fast=$(ls "$folder"/fast/*.timegraph)
expect 0 '' record "$url" counter -o "$folder/whole.timegraph" --begin-with "$fast" --for 1s
grep -qx "teatime: begins with $fast" <<< "$err" || die "which beginning: $err"
expect 0 '' record "$url" counter -o "$folder/late.timegraph" --begin-with "$recording" --for 1s
grep -qx "teatime: begins with the join: $recording is not of this run of the session" <<< "$err" || die "of another run: $err"
stop "$member"
stop "$reflector"
one_file "$folder/whole.timegraph"
expect 0 '^replay: ([0-9]+) of \1 votes and ([0-9]+) of \2 keyframes agree, 0s#0 to ' verify "$folder/whole.timegraph" --require-replay
expect 0 '' info "$folder/whole.timegraph" --json
end=$(json "$out" end)
expect 0 '' info "$folder/late.timegraph" --json
[ "$(json "$out" begin)" != 0s ] || die "begins with nothing: $out"
expect 0 '^same: ' diff "$fast@12.5s" "$folder/whole.timegraph@12.5s"
expect 0 '' log "$fast" --to "$end" --json
messages=$out
expect 0 '' log "$folder/whole.timegraph" --to "$end" --json
[ "$out" = "$messages" ] || die "other messages than the reflector recorded"
