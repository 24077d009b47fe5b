# What another member's replica has: saved, and compared with that of a third one, in a live session.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve "$folder/serve.log" --modules "$modules" --allow-mixed
join "$folder/Ann.log" "$url" --app counter --modules "$modules" --name Ann --for 10min
join "$folder/Ben.log" "$url" --app counter --modules "$odd/changed" --name Ben --for 10min
ben=$member
join "$folder/Eve.log" "$url" --app counter --modules "$modules" --name Eve --view --for 10min

builds='^teatime: built differently: code id [0-9a-f]{12} and [0-9a-f]{12}$'
# While it runs all states are of one moment.
expect 0 '' send "$url" counter 'counter.loop()'
for try in 1 2 3; do
    expect 0 '^same: Ann at ([0-9.]+s#[0-9]+) and Eve at \1 both have state ' \
        diff "$url/counter" --of Ann --of Eve
    expect 0 '^same: Ann at ' diff "$url/counter" --of Ann --of Ben
    grep -qE "$builds" <<< "$err" || die "nothing about their builds: $err"
done
expect 0 '' send "$url" counter 'counter.add(7)'
expect 1 '^counter\.count: [0-9]+ -> [0-9]+$' diff "$url/counter" --of Ann --of Ben
[ "$(wc -l <<< "$out")" = 1 ] || die "more than the count: $out"
[[ $(wc -l <<< "$err") = 1 && $err =~ ${builds} ]] || die "their Marks are the same, but: $err"

# Paused, by number or name, with who only looks, and with oneself.
expect 1 '^teatime: SPLIT' time "$url" counter pause
expect 1 '"path":"count"' diff "$url/counter" --of 1 --of Ben --json
count=$(grep '"path":"count"' <<< "$out")
ann_has=$(json "$count" before)
[ "$(json "$count" after)" = $((ann_has + 1)) ] || die "not one more: $out"
expect 0 '^same: Eve at ' diff "$url/counter" --of Eve --of Ann
expect 0 '^same: Ben at ' diff "$url/counter" --of Ben --of 2
expect 0 '^[^ ]*/ben.island: counter at ' save "$url/counter" --of Ben -o "$folder/ben.island"
expect 0 '' save "$url" --session counter --of Ann -o "$folder/ann.island"
expect 1 "^counter\.count: $ann_has -> $((ann_has + 1))$" diff "$folder/ann.island" "$folder/ben.island"

# Who has none to give.
expect 2 'no member "Zoe" has a replica; there are 1 Ann, 2 Ben, 3 Eve$' \
    save "$url/counter" --of Zoe -o "$folder/x.island"
expect 2 'two members are compared' diff "$url/counter" --of Ann
expect 2 'two members are compared' diff "$url/counter"
expect 2 'B is required' diff "$folder/ann.island"
expect 3 'there is no session other' save "$url/other" --of Ann -o "$folder/x.island"
join "$folder/Ann2.log" "$url" --app counter --modules "$modules" --name Ann --for 10min
expect 2 '"Ann" may be 1 Ann, [0-9]+ Ann; give the number$' diff "$url/counter" --of Ann --of Ben
kill -TERM "$member"
wait "$member" || true  # with 1 where it was told that replicas differ
kill -STOP "$ben"
expect 3 'Ben did not hand its state over in time' diff "$url/counter" --of 1 --of Ben
kill -CONT "$ben"
expect 1 '^counter\.count: ' diff "$url/counter" --of 1 --of Ben
[ ! -e "$folder/x.island" ] || die "a file of what could not be had"
