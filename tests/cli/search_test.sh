# Looking for messages: --where, and following a recording while it grows.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export TEATIME_MODULES=$modules
golden=${BASH_SOURCE[0]%/*}/../golden

count() { grep -cE -- "$1" <<< "$out" || true; } # lines of $out

# What holds is printed, and nothing else; with and without summaries in the file.
for file in "$golden/version_1.timegraph" "$golden/version_1_summaries.timegraph"; do
    expect 0 'painter.color\("#2a9d8f"\)' log "$file" --where 'selector == "color"'
    [ "$(wc -l <<< "$out")" = 3 ] || die "two messages and a title: $out"
    expect 0 '' log "$file" --where 'args[0] > 420 && sender == 2' --json
    [ "$(wc -l <<< "$out")" = 2 ] || die "two lines: $out"
    [ "$(json "$(head -1 <<< "$out")" arguments 0)" = 422 ] || die "the first: $out"
    expect 0 '' log "$file" --where "selector contains 'stroke'" --from 1s --to 2s
    [ "$(count stroke_to)" = 10 ] || die "of one second: $out"
    expect 0 '' log "$file" --where 'sender == 1' --limit 3
    [ "$(count painter)" = 3 ] || die "three: $out"
    expect 0 'router: users active=1 total=1 left=\[2\]' log "$file" --where 'kind == "router" && time > 5s'
    expect 0 'what' log "$file" --where 'selector == "undo"'
    [ "$(wc -l <<< "$out")" = 1 ] || die "nothing is found: $out"
done

# wrong_where <column> <pattern> <expression> <what stands above the caret>: code 2, a sentence and
# two lines that point to the place.
wrong_where() {
    local code=0 text caret
    teatime log "$golden/version_1.timegraph" --where "$3" > "$folder/out" 2> "$folder/err" || code=$?
    [ $code = 2 ] || die "--where $3: exit code $code"
    [ ! -s "$folder/out" ] || die "--where $3: prints"
    [ "$(wc -l < "$folder/err")" = 3 ] || die "--where $3: $(cat "$folder/err")"
    sed -n 1p "$folder/err" | grep -qE "^teatime: --where, column $1: .*$2" || die "$(cat "$folder/err")"
    text=$(sed -n 2p "$folder/err") caret=$(sed -n 3p "$folder/err")
    [[ $caret == *^ && ${text:${#caret}-1} == "$4"* ]] || die "points elsewhere: $(cat "$folder/err")"
}
wrong_where 1 'is selector meant\?' 'selctor == "color"' 'selctor'
wrong_where 13 'text stands in quotes, "color"' 'selector == color' 'color'
wrong_where 16 'is && meant' 'args[0] == 100 and sender == 1' 'and'
wrong_where 6 'write times with a unit' 'time > 12' '> 12'
wrong_where 203 'is args meant' "$(printf 'true || %.0s' {1..25})  agrs[0] == 5" 'agrs'
wrong_where 1 'ends where a value is expected' '' ''
wrong_where 65 'nested deeper than 64' "$(printf '(%.0s' {1..2000})" '((('
expect 2 'leave out --to' log "$golden/version_1.timegraph" -f --to 2s
for verb in log filter; do expect 0 'args\[0\] > 10' $verb --help; done

# A recording that grows is followed from another process, by two at a time.
serve "$folder/serve.log" --record "$folder/recordings"
join "$folder/Ann.log" "$url" --app counter --name Ann
until_true 20 eval 'ls "$folder"/recordings/*.timegraph > /dev/null 2>&1'
recording=$(ls "$folder"/recordings/*.timegraph)
"$program" log "$recording" -f --json --where 'selector == "add" && args[0] > 10' > "$folder/large.log" 2> "$folder/large.err" &
large=$!
"$program" log "$recording" --follow > "$folder/all.log" 2>&1 &
all=$!
children+=("$large" "$all")
for number in 5 11 7 1000; do expect 0 '' send "$url" counter "counter.add($number)"; done
until_true 20 has_line "$folder/large.log" '1000'
until_true 20 has_line "$folder/all.log" 'counter.add\(1000\)'
[ "$(wc -l < "$folder/large.log")" = 2 ] || die "two are large: $(cat "$folder/large.log")"
[ ! -s "$folder/large.err" ] || die "not on a terminal: $(cat "$folder/large.err")"
for number in 5 11 7 1000; do has_line "$folder/all.log" "counter.add\\($number\\)" || die "no $number"; done
[ "$(awk 'NR > 1 { print $2 }' "$folder/all.log" | sort -n | uniq -d)" = '' ] || die "twice: $(cat "$folder/all.log")"

kill -INT "$large"
wait "$large" || die "SIGINT ends it with $?"
expect 0 '' send "$url" counter 'counter.add(12)'
until_true 20 has_line "$folder/all.log" 'counter.add\(12\)'
stop "$member"
stop "$reflector"
one_file "$recording"  # though somebody follows it
kill -0 "$all" || die "it follows no more: $(cat "$folder/all.log")"
all_followed() { [ "$(tail -n +2 "$folder/all.log")" = "$(teatime log "$recording" | tail -n +2)" ]; }
until_true 20 all_followed
stop "$all"

# A filtered recording can be read and checked, and says why it cannot be replayed.
filtered=$folder/large.timegraph
expect 0 'large.timegraph: 3 of [0-9]+ messages' filter "$recording" --where 'args[0] > 10' -o "$filtered"
expect 2 'exists already' filter "$recording" --where 'args[0] > 10' -o "$filtered"
one_file "$filtered"
expect 0 'add\(1000\)' log "$filtered"
[ "$(tail -n +2 <<< "$out")" = "$(teatime log "$recording" --where 'args[0] > 10' | tail -n +2)" ] ||
    die "other messages: $out"
expect 0 '^filtered +only messages for which args\[0\] > 10 holds; cannot be replayed' info "$filtered"
! grep -q GAP <<< "$out" || die "told twice: $out"
expect 0 '' info "$filtered" --json
[ "$(json "$out" filter)" = 'args[0] > 10' ] || die "info: $out"
expect 0 '^file: whole; 3 messages' verify "$filtered"
grep -qE '^replay: not re-executed: it was filtered to the messages for which' <<< "$out" ||
    die "verify: $out"
expect 1 'it was filtered' verify "$filtered" --require-replay
expect 3 'cannot be executed: it was filtered' replay "$filtered"
expect 3 'cannot be drawn: it was filtered' render "$filtered" -o "$folder/x.svg"
expect 2 'no state .* it was filtered to' state "$filtered" counter
expect 3 'cannot be executed: it was filtered' why "$filtered" counter.count
expect 0 '' filter "$filtered" --where 'args[0] > 500' -o "$folder/one.timegraph" --json
[ "$(json "$out" messages) of $(json "$out" of)" = '1 of 3' ] || die "filter: $out"
expect 0 'only messages for which \(args\[0\] > 10\) && \(args\[0\] > 500\) holds' info "$folder/one.timegraph"
expect 2 '--where is required' filter "$recording" -o "$folder/never.timegraph"
expect 2 '--output is required' filter "$recording" --where 'sender == 1'
expect 3 'no such file|No such file|none' filter "$folder/none.timegraph" --where true -o "$folder/never.timegraph"
[ ! -e "$folder/never.timegraph" ] || die "a failure wrote a file"

# Limits and readers that leave end it, too.
"$program" log "$recording" -f --limit 1 > "$folder/one.log" || die "one message, then $?"
[ "$(wc -l < "$folder/one.log")" = 2 ] || die "one message: $(cat "$folder/one.log")"
