# What makes recordings of recordings, and other formats of them.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export TEATIME_MODULES=$modules

serve "$folder/serve.log" --record "$folder/recordings"
join "$folder/Ann.log" "$url" --app counter --send 'counter.loop'
for i in {1..5}; do
    expect 0 '' send "$url" counter "counter.add($i)"
    sleep 0.3  # over some keyframes
done
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
expect 3 'line 2, column 2: ' import <(printf '{"kind":"timegraph","version":1}\ntea\n') \
    -o "$folder/none.timegraph"
expect 3 'time-graph' export "$folder/headless.timegraph" --format csv -o "$folder/none.timegraph"
[ ! -e "$folder/none.timegraph" ] && [ ! -e "$folder/none.timegraph.part" ] || die "half written"
