# What a recording tells about how things came to be: values over time, who wrote what, what it cost.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve "$folder/serve.log" --record "$folder/recordings" --modules "$modules"
join "$folder/Ann.log" "$url" --app counter --modules "$modules" --send 'counter.loop'
expect 0 '' send "$url" counter 'counter.add(7)'
until_true 20 eval '[ "$("$program" values "$(ls "$folder"/recordings/*.timegraph)" counter.count \
    --modules "$modules" 2> /dev/null | wc -l)" -ge 6 ]'
stop "$member"
stop "$reflector"
recording=$(ls "$folder"/recordings/*.timegraph)
export TEATIME_MODULES=$modules

# Values: the first one, then each change; the last one is the state at the end.
expect 0 '^ +0s#0  counter.count: 0$' values "$recording" counter.count counter.looping
grep -qE '  counter.looping: true$' <<< "$out" || die "loop is not told: $out"
last=$(sed -n 's/.*counter.count: //p' <<< "$out" | tail -1)
[ "$last" = "$(teatime state "$recording" counter.count)" ] || die "values end with $last"
count=$(grep -c 'counter.count' <<< "$out")
expect 0 '^seconds,mark,path,value$' values "$recording" counter.count --csv
[ "$(wc -l <<< "$out")" = $((count + 1)) ] || die "csv has other lines: $out"
[ "$(awk -F, 'END { print NF " " $4 }' <<< "$out")" = "4 $last" ] || die "csv: $out"
expect 0 '' values "$recording" counter.count --json
[ "$(json "$(tail -1 <<< "$out")" value)" = "$last" ] || die "json: $out"
half=$(teatime values "$recording" counter.count --from 0.9s --in-process | wc -l)
[ "$half" -lt "$count" ] && [ "$half" -gt 1 ] || die "--from 0.9s prints $half of $count"
expect 1 'there was no #77.x between' values "$recording" '#77.x'
expect 2 'it has count, looping' values "$recording" counter.cuont
expect 2 '' values "$recording" queue

# Why: the message and where it comes from.
added=$(teatime log "$recording" | sed -n 's/^ *\([0-9.]*s\).*counter.add(7).*/\1/p')
expect 0 'counter.count: [0-9]+ -> [0-9]+ at ' why "$recording" counter.count --at "$added"
grep -qE '^  written by .*counter.add\(7\) from member [0-9]+$' <<< "$out" || die "why: $out"
expect 0 '^  sent by .* counter.loop\(\) from member [0-9]+$' why "$recording" counter.count
expect 0 'the chain goes on beyond 2 messages' why "$recording" counter.count --limit 2
expect 0 '' why "$recording" counter.count --json
[ "$(json "$out" complete)" = ON ] && [ "$(json "$out" value)" = "$last" ] || die "why: $out"
expect 0 'no message changed it since 0s#0' why "$recording" counter.looping --at 0s#0

# Statistics: as many as the log and the replay have.
expect 0 'Counter.step$' stats "$recording" --cost
steps=$(teatime replay --internal "$recording" | grep -c 'counter.step()')
[ "$(awk '/Counter.step$/ { print $1 }' <<< "$out")" = "$steps" ] || die "$steps steps, but $out"
[ "$(awk '/Counter.add/ { print $1 " " $2 }' <<< "$out")" = "1 0" ] || die "one add: $out"
expect 0 'Counter$' stats "$recording" --classes
expect 0 '' stats "$recording" --cost --json
[ "$(json "$(grep '"step"' <<< "$out")" class)" = Counter ] || die "stats: $out"

expect 0 ' 100%  .* at [0-9]+s  \(all\)$' stats "$recording"
[ "$(awk '/counter.add$/ { print $1 }' <<< "$out")" = 1 ] || die "stats: $out"
expect 0 '' stats "$recording" --by kind --sort name --json
[ "$(json "$out" entries 0 name)" = call ] || die "stats: $out"
[ "$(json "$out" all messages)" = "$(teatime log "$recording" --json | wc -l)" ] || die "stats: $out"
expect 2 'sort' stats "$recording" --sort size
expect 2 'excludes' stats "$recording" --cost --by kind

for verb in 'why counter.count' 'values counter.count' 'stats --cost' replay; do
    expect 2 'no-execute' ${verb% *} "$recording" ${verb#"${verb% *}"} --no-execute
done
expect 3 '' stats "$folder/none.timegraph"
