# What makes recordings of recordings, and other formats of them.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export TEATIME_MODULES=$modules

serve "$folder/serve.log" --record "$folder/recordings"
join "$folder/Ann.log" "$url" --app counter --send 'counter.loop'
for i in {1..5}; do
    expect 0 '' send "$url" counter "counter.add($i)"
    sleep 0.3
done
two_stored() { [ "$(stored "$folder"/recordings/*.timegraph | wc -l)" -ge 2 ]; }
until_true 20 two_stored
stop "$member"
stop "$reflector"
good=$(ls "$folder"/recordings/*.timegraph)
one_file "$good"
expect 0 '  state [0-9a-f]{32}$' replay "$good" --quiet
hash=${out##* }

# recover: the header gone, nothing is lost; a piece gone, it says so; no recording, no file.
cp "$good" "$folder/headless.timegraph"
dd if=/dev/zero of="$folder/headless.timegraph" bs=8192 count=1 conv=notrunc status=none
expect 3 'time-graph' info "$folder/headless.timegraph"
expect 0 'messages and [0-9]+ keyframes?; nothing is lost$' \
    recover "$folder/headless.timegraph" "$folder/whole.timegraph"
expect 0 "$hash" replay "$folder/whole.timegraph" --quiet
expect 0 'agree' verify "$folder/whole.timegraph" --require-replay
expect 2 'exists already' recover "$folder/headless.timegraph" "$folder/whole.timegraph"
head -c $(($(stat -c %s "$good") * 3 / 4)) "$good" > "$folder/cut.timegraph"
cp "$good" "$folder/hurt.timegraph"
at=$(LC_ALL=C grep -aboP '\x28\xb5\x2f\xfd' "$good" | LC_ALL=C cut -d: -f1 | sed -n 1p)  # a zstd frame
printf 'no such bytes' | dd of="$folder/hurt.timegraph" bs=1 seek="$((at + 4))" conv=notrunc status=none
expect 1 '^file: damaged; 0 of [0-9]+ messages and [0-9]+ states? can be read' \
    verify "$folder/hurt.timegraph"
grep -qE '^damaged: blocks 1 \([0-9.]+s to [0-9.]+s, messages 1 to [0-9]+\): the row is damaged; ' \
    <<< "$out" || die "verify: $out"
grep -qE '^lost: messages 1 to [0-9]+ .* none that follows can be; ' <<< "$out" || die "verify: $out"
command=$(sed -n 's/^to save all that is whole: teatime //p' <<< "$out")
[ "$command" = "recover $folder/hurt.timegraph $folder/hurt-recovered.timegraph" ] || die "$command"
code=0
out=$(teatime $command) || code=$?
[ $code = 3 ] && grep -q '^lost: ' <<< "$out" || die "$command: $code $out"
expect 1 '' verify "$folder/hurt.timegraph" --json
[ "$(json "$out" lost 0 first_seq)" = 1 ] || die "verify: $out"
code=0
out=$(teatime verify "$folder/cut.timegraph" 2> "$folder/stderr") || code=$?
[ $code = 3 ] && grep -qE '^file: cannot be opened; [0-9]+ messages? and [0-9]+ states? can' <<< "$out" ||
    die "verify: $code $out"
grep -qE '^teatime: .*cut off or its structure is damaged$' "$folder/stderr" || die "verify: no reason"
cp "$good" "$folder/faceless.timegraph"  # its first page is lost
dd if=/dev/zero of="$folder/faceless.timegraph" bs=8192 count=1 conv=notrunc status=none
code=0
out=$(teatime verify "$folder/faceless.timegraph" 2> "$folder/stderr") || code=$?
[ $code = 3 ] && grep -qE '^file: cannot be opened; [0-9]+ messages? and [0-9]+ states? can' <<< "$out" &&
    grep -q "^to save all that is whole: teatime recover " <<< "$out" || die "verify: $code $out"
grep -qE '^teatime: .*its first page is damaged$' "$folder/stderr" || die "verify: no reason"
code=0
out=$(teatime recover "$folder/cut.timegraph" "$folder/rest.timegraph" --json) || code=$?
[ $code = 3 ] && [ -n "$(json "$out" lost 0 what)" ] || die "recover: $code $out"
expect 0 '^file: whole' verify "$folder/rest.timegraph"
expect 1 'nothing of a recording can be found' recover "$0" "$folder/none.timegraph"
expect 3 'No such file' recover "$folder/no.timegraph" "$folder/none.timegraph"
[ ! -e "$folder/none.timegraph" ] || die "a recording of nothing"

# export and import: an equal recording; other formats; nothing half written, nothing overwritten.
expect 0 '' export "$good" --format jsonl -o "$folder/x.jsonl"
expect 0 'messages, ' import "$folder/x.jsonl" -o "$folder/again.timegraph"
expect 0 "$hash" replay "$folder/again.timegraph" --quiet
expect 0 'agree' verify "$folder/again.timegraph" --require-replay
[ "$(teatime log "$good")" = "$(teatime log "$folder/again.timegraph")" ] || die "another log"
[ "$(teatime export "$good" --format jsonl)" = \
    "$(teatime export "$folder/again.timegraph" --format jsonl)" ] || die "other lines"
teatime export "$good" --format jsonl | teatime import - -o "$folder/piped.timegraph" > /dev/null
one_file "$folder/piped.timegraph"
expect 0 ',counter,add,\[3\],' export "$good" --format csv
expect 0 '' export "$good" --format mcap -o "$folder/x.mcap"
[ "$(head -c 5 "$folder/x.mcap" | tail -c 4)" = MCAP ] || die "no MCAP"
expect 0 '"name":"counter.step","cat":"future"' export "$good" --format chrome-trace --from 1s
[ "$(json "$out" traceEvents 0 ph)" = M ] || die "trace: $out"
! grep -q '"ts":[0-9]\{1,5\},' <<< "$(grep '"X"' <<< "$out")" || die "before --from: $out"
expect 0 'counter.add' export "$good" --format chrome-trace --no-execute
! grep -q counter.step <<< "$out" || die "executed all the same: $out"
expect 2 'exists already' export "$good" --format csv -o "$folder/x.mcap"
expect 2 'exists already' import "$folder/x.jsonl" -o "$folder/again.timegraph"
expect 2 'xml' export "$good" --format xml
printf '{"kind":"timegraph","version":1}\ntea\n' > "$folder/odd.jsonl"
expect 3 'line 2, column 2: ' import "$folder/odd.jsonl" -o "$folder/none.timegraph"
expect 3 'time-graph' export "$folder/headless.timegraph" --format csv -o "$folder/none.timegraph"
[ ! -e "$folder/none.timegraph" ] && [ ! -e "$folder/none.timegraph.part" ] || die "half written"

# A part of the lines may have no state to begin with, or tell no time of day.
grep -vE '"kind":"keyframe"|"seq":1,' "$folder/x.jsonl" > "$folder/late.jsonl"
expect 0 'begins with message 2 and holds no state before that.* teatime trim$' \
    import "$folder/late.jsonl" -o "$folder/no-start.timegraph"
printf '%s\n' '{"kind":"timegraph","version":1}' \
    '{"kind":"joined","member":7,"time":"0s","seq":1,"name":"","role":"participant"}' \
    '{"kind":"end","time":"2s","wall_us":0}' > "$folder/few.jsonl"
expect 0 '' import "$folder/few.jsonl" -o "$folder/few.timegraph"
[ -z "$err" ] || die "import: $err"
expect 0 '^length +2s of virtual time$' info "$folder/few.timegraph"
grep -q '^members  *7 participant, from 0s$' <<< "$out" || die "info: $out"
expect 0 '"ended_at":null' info "$folder/few.timegraph" --json
expect 2 '--limit: -1 is below 0' log "$good" --limit -1

# trim and split: parts that replay the same by themselves.
from=$(teatime log "$good" | sed -n 's/^ *\([0-9.]*\)s.*counter.add(3).*/\1/p')
inside=$(awk "BEGIN { print $from + 0.3 }") to=$(awk "BEGIN { print $from + 0.5 }")
expect 0 "[0-9.]+s#[0-9]+ to ${to}s, " \
    trim "$good" --from "${from}s" --to "${to}s" -o "$folder/part.timegraph"
expect 0 'agree' verify "$folder/part.timegraph" --require-replay
expect 0 '^same: ' diff "$good@${inside}s" "$folder/part.timegraph@${inside}s"
expect 0 'counter.add\(3\)' log "$folder/part.timegraph" --from start
expect 0 '' render "$folder/part.timegraph" --at start -o "$folder/start.svg"
second=$(stored "$good" | sed -n 2p)
expect 0 "it begins at [0-9.]+s#[0-9]+, with the last stored state before $second" \
    trim "$good" --from "$second" -o "$folder/stored.timegraph" --no-execute
expect 0 'agree' verify "$folder/stored.timegraph" --require-replay
expect 2 'exists already' trim "$good" -o "$folder/part.timegraph"
expect 2 'outside the recording' trim "$good" --from 1h -o "$folder/none.timegraph"
expect 0 'messages?$' split "$good" --every 500ms -o "$folder/piece-%d.timegraph"
messages=0
for piece in "$folder"/piece-*.timegraph; do
    expect 0 'agree' verify "$piece" --require-replay
    messages=$((messages + $(teatime log "$piece" --json | wc -l)))
done
[ $messages = "$(teatime log "$good" --json | wc -l)" ] || die "split: $messages messages"
expect 2 'needs a %d' split "$good" --every 1s -o "$folder/piece.timegraph"
expect 2 'soon' split "$good" --every soon -o "$folder/x-%d.timegraph"
touch "$folder/late-2.timegraph"
! teatime split "$good" --every 500ms -o "$folder/late-%d.timegraph" &> "$folder/late" ||
    die "split: overwrites"
grep -q 'late-2.timegraph exists already' "$folder/late" || die "split: $(cat "$folder/late")"
[ ! -e "$folder/late-1.timegraph" ] && ! grep -q late-1 "$folder/late" || die "split: writes before it looks"
expect 2 'that would make [0-9]+ parts, of at most 10000' split "$good" --every 1us -o "$folder/x-%d"
expect 0 '' split "$folder/part.timegraph" --every 10s -o "$folder/only-%d-%d.timegraph"
[ "$(ls "$folder"/only-*)" = "$folder/only-1-1.timegraph" ] || die "split: $(ls "$folder"/only-*)"

# merge: parts make the whole again; another session is refused, what differs is told.
pieces=("$folder"/piece-*.timegraph)
expect 0 ', 0 conflicts$' merge "${pieces[@]:1}" "${pieces[0]}" -o "$folder/merged.timegraph"
expect 0 "$hash" replay "$folder/merged.timegraph" --quiet
expect 0 'agree' verify "$folder/merged.timegraph" --require-replay
[ "$(teatime log "$good")" = "$(teatime log "$folder/merged.timegraph")" ] || die "merge: another log"
sed 's/counter\(.*\)add\(.*\),3\]/counter\1add\2,4]/' "$folder/x.jsonl" > "$folder/y.jsonl"
expect 0 '' import "$folder/y.jsonl" -o "$folder/forged.timegraph"
expect 1 'conflict: message [0-9]+ at .* is another one in .*forged' \
    merge "$good" "$folder/forged.timegraph" -o "$folder/conflict.timegraph"
[ "$(teatime log "$good")" = "$(teatime log "$folder/conflict.timegraph")" ] || die "believed"
expect 2 'nothing to merge' merge "$good" -o "$folder/none.timegraph"

# What was printed and could not be written is told; that nobody reads it any more is no error.
for verb in log info stats du verify replay; do
    code=0
    teatime $verb "$good" 2> "$folder/stderr" > /dev/full || code=$?
    [ $code = 1 ] && grep -qx 'teatime: cannot write to standard output: No space left on device' \
        "$folder/stderr" || die "$verb on a full disk: $code $(cat "$folder/stderr")"
done
code=0
teatime export "$good" --format jsonl 2> "$folder/stderr" > /dev/full || code=$?
[ $code = 1 ] && [ "$(wc -l < "$folder/stderr")" = 1 ] || die "export: $code $(cat "$folder/stderr")"
mkfifo "$folder/unread"
: < "$folder/unread" &  # opens it and is gone
exec 9> "$folder/unread"
wait $!
code=0
teatime log "$good" 2> "$folder/stderr" >&9 || code=$?
exec 9>&-
[ $code = 0 ] && [ ! -s "$folder/stderr" ] || die "a closed pipe: $code $(cat "$folder/stderr")"

# Behind a gap, replay goes on from the next state.
last=${#pieces[@]}
expect 0 '' merge "$folder/piece-1.timegraph" "$folder/piece-$last.timegraph" \
    -o "$folder/gap.timegraph"
expect 0 '! messages [0-9]+ to [0-9]+ are missing' replay "$folder/gap.timegraph"
[ "$(tail -n 1 <<< "$out")" = "$(teatime replay "$good" --quiet)" ] || die "replay: $out"
[ "$(grep -c '! messages' <<< "$out")" = 1 ] || die "more than one gap: $out"
[ "$(head -n 1 <<< "$out")" = "$(teatime replay "$good" | head -n 1)" ] || die "replay: $out"
expect 0 '"gap":"messages' replay "$folder/gap.timegraph" --json
code=0
out=$(teatime replay "$folder/gap.timegraph" --to 1s 2>&1) || code=$?
[ $code = 3 ] && grep -q 'are missing' <<< "$out" || die "replay into a gap: $code $out"

expect 0 ' are missing .* on: [0-9.]+s#[0-9]+$' \
    trim "$folder/gap.timegraph" --from 1s -o "$folder/behind.timegraph"
expect 0 'agree' verify "$folder/behind.timegraph" --require-replay
[ "$(teatime replay "$folder/behind.timegraph" --quiet)" = "$(teatime replay "$good" --quiet)" ] ||
    die "trim: another state behind a gap"
! teatime trim "$folder/gap.timegraph" --from 1s --to 1.1s -o "$folder/none.timegraph" 2> /dev/null &&
    [ ! -e "$folder/none.timegraph" ] || die "trim: a part of which nothing is known"
expect 0 '/hole-2.timegraph is not made: messages [0-9]+ to [0-9]+ are missing' \
    split "$folder/gap.timegraph" --every 500ms -o "$folder/hole-%d.timegraph"
[ -e "$folder/hole-1.timegraph" ] && [ ! -e "$folder/hole-2.timegraph" ] &&
    [ -e "$folder/hole-$last.timegraph" ] ||
    die "split: $(ls "$folder"/hole-*)"
expect 0 '^{"ph":"i",.*"messages [0-9]+ to [0-9]+ are missing: ' \
    export "$folder/gap.timegraph" --format chrome-trace
sed '1,/"ph":"i"/d' <<< "$out" | grep -q '"cat":"external"' || die "trace: ends at a gap: $out"
expect 0 '"ph":"i"' export "$folder/gap.timegraph" --format chrome-trace --no-execute

# What lacks messages on purpose cannot be told from what others have.
expect 0 '' filter "$good" -o "$folder/filtered.timegraph" --where 'sender == 1'
# A part of it is plainly cut.
expect 0 '' split "$folder/filtered.timegraph" --every 500ms -o "$folder/thin-%d.timegraph"
messages=0
for piece in "$folder"/thin-*.timegraph; do
    expect 0 '^file: whole' verify "$piece"
    messages=$((messages + $(teatime log "$piece" --json | wc -l)))
done
[ $messages = "$(teatime log "$folder/filtered.timegraph" --json | wc -l)" ] || die "thin: $messages"
expect 2 'was filtered: merge the recordings' \
    merge "$good" "$folder/filtered.timegraph" -o "$folder/none.timegraph"
expect 0 '' redact "$good" "$folder/half.timegraph" --field role
expect 2 'was redacted: merge the recordings' \
    merge "$folder/half.timegraph" "$good" -o "$folder/none.timegraph"
[ ! -e "$folder/none.timegraph" ] && [ ! -e "$folder/none.timegraph.part" ] || die "half merged"

# redact: a name is gone from everywhere, and the states can still be looked at.
expect 0 'it cannot be replayed$' redact "$good" "$folder/redacted.timegraph" \
    --field count --field role --selector add
! grep -aq participant "$folder/redacted.timegraph" || die "redact: a role is there still"
expect 0 '^redacted +fields count, role; selectors add; cannot be replayed$' \
    info "$folder/redacted.timegraph"
expect 0 'not re-executed: it was redacted' verify "$folder/redacted.timegraph"
expect 0 '' state "$folder/redacted.timegraph" counter.count
head -c 32 /dev/urandom > "$folder/key"
for name in 1 2; do
    expect 0 '' redact "$good" "$folder/keyed-$name.timegraph" --selector add \
        --key-file "$folder/key" --json
done
[ "$(json "$out" stay)" = "[]" ] && [ "$(json "$out" messages_left_out)" = 0 ] || die "redact: $out"
[ "$(teatime log "$folder/keyed-1.timegraph")" = "$(teatime log "$folder/keyed-2.timegraph")" ] ||
    die "redact: other pseudonyms"
[ "$(teatime log "$good")" != "$(teatime log "$folder/keyed-1.timegraph")" ] || die "not redacted"
expect 2 'there is no field `cuont` in ' redact "$good" "$folder/none.timegraph" --field cuont
expect 2 'what to redact' redact "$good" "$folder/none.timegraph"
expect 2 'exists already' redact "$good" "$folder/redacted.timegraph" --field count
expect 3 'cannot read the key' redact "$good" "$folder/none.timegraph" --field count --key-file /no
[ ! -e "$folder/none.timegraph" ] || die "redact: half done"

# compact and du.
expect 0 ' instead of ' compact "$good" "$folder/compact.timegraph"
expect 0 'agree' verify "$folder/compact.timegraph" --require-replay
expect 0 'counter.add$' du "$good"
expect 0 '' du "$good" --json
[ "$(json "$out" file_bytes)" = "$(stat -c %s "$good")" ] || die "du: $out"
[ "$(json "$out" classes 0 name)" = Counter ] || die "du: $out"
