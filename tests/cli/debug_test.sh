# Several people debug one session: from pipes, one at a time and together, by text and by JSON.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve "$folder/serve.log" --modules "$modules" --record "$folder"
replicas=()
for name in Ann Ben; do
    join "$folder/$name.log" "$url" --app counter --modules "$modules" --name "$name"
    replicas+=("$member")
done
expect 0 '' send "$url" counter 'counter.loop()'

# debug <name> <log>: somebody at a terminal; what is written to $to is typed.
debug() {
    mkfifo "$folder/$1.in"
    "$program" debug "$url/counter" --name "$1" --modules "$modules" \
        < "$folder/$1.in" > "$folder/$1.out" 2>&1 &
    children+=($!)
    exec {to}> "$folder/$1.in"
    until_true 20 has_line "$folder/$1.out" ', this one$'
}
# nobody_leads <name>: as of the last that it was told.
nobody_leads() { [ "$(grep -E '^\* .* leads$' "$folder/$1.out" | tail -1)" = '* nobody leads' ]; }
debug Cat; cat=$to
debug Dan; dan=$to

# One pauses and leads, the other is told so, and the same Mark and hash.
echo pause >&$cat
until_true 20 has_line "$folder/Dan.out" '^\* Cat paused'
echo step >&$dan
until_true 20 has_line "$folder/Dan.out" '^refused: Cat leads this session'
for step in $(seq 10); do echo step >&$cat; done
echo 'note look at this' >&$dan
marks() { grep -E '^[0-9.]+s(#[0-9]+)?  [0-9a-f]{32}  members' "$folder/$1.out"; }
all_marks() { [ "$(marks "$1" | sort -u | wc -l)" = 11 ]; }
until_true 20 all_marks Cat
until_true 20 all_marks Dan
[ "$(marks Cat)" = "$(marks Dan)" ] || die "they saw different steps"
until_true 20 has_line "$folder/Cat.out" '^Dan at .*: look at this$'

# What is said waits; it is let through one by one.
expect 0 '' send "$url" counter 'counter.add(7)'
until_true 20 has_line "$folder/Cat.out" '^\* messages wait$'
printf 'waiting\nstep external\n' >&$cat
until_true 20 has_line "$folder/Cat.out" '^1 message waits$'
until_true 20 has_line "$folder/Cat.out" 'counter\.add\(7\)$'
until_true 20 has_line "$folder/Cat.out" '^\* no messages wait$'
echo waiting >&$cat
until_true 20 has_line "$folder/Cat.out" '^0 messages wait$'

# The lead is handed over; the new driver runs until a Mark.
echo 'hand Dan' >&$cat
until_true 20 has_line "$folder/Dan.out" '^\* Dan leads$'
echo 'until 3600s' >&$dan
until_true 20 has_line "$folder/Cat.out" '^\* Dan lets time run until 3600s$'
echo pause >&$dan
until_true 20 has_line "$folder/Dan.out" '^refused: Paused before'
printf 'step to 100s#1\nwhere\nstate counter\n' >&$dan
until_true 20 has_line "$folder/Cat.out" '^100s(#1)?  [0-9a-f]{32}  members 1 2'
until_true 20 has_line "$folder/Dan.out" '^paused at 100s.*, Dan leads$'
until_true 20 has_line "$folder/Dan.out" '^fields: .*"looping":true'

# What one points at is told to the others by its own path, until it is no more.
echo 'point #1.count' >&$dan
until_true 20 has_line "$folder/Dan.out" '^you point at counter\.count; '
until_true 20 has_line "$folder/Cat.out" '^\* Dan points at counter\.count$'
printf 'point cound\npoint\n' >&$cat
until_true 20 has_line "$folder/Cat.out" '^refused: there is no `cound`'
until_true 20 has_line "$folder/Cat.out" '^you point at nothing$'

# One who comes late is told all, and what is from a pipe ends with it.
out=$(printf 'notes\nwho\nstep\n' | "$program" debug "$url" counter --json --name Eve \
    --modules "$modules") && die "a refusal is no success"
grep -q '"event":"note".*"author":"Dan"' <<< "$out" || die "no note: $out"
grep -q '"event":"refused".*Dan leads' <<< "$out" || die "not refused: $out"
grep -q '"name":"Dan".*"points_at":"counter.count"' <<< "$out" || die "points at nothing: $out"
echo point >&$dan
until_true 20 has_line "$folder/Cat.out" '^\* Dan points at nothing now$'
while read -r line; do json "$line" event > /dev/null; done <<< "$out"
out=$(printf 'bogus\n' | "$program" debug "$url" counter --modules "$modules") && die "not wrong?"
grep -q 'there is no command "bogus"' <<< "$out" || die "bogus: $out"

# Who leaves for good leads no more: one-shot tools work.
echo quit >&$dan
until_true 20 nobody_leads Cat
expect 0 '^running at ' time "$url" counter resume
expect 0 '^paused at ' time "$url" counter pause
echo quit >&$cat
for replica in "${replicas[@]}"; do stop "$replica"; done
stop "$reflector"
recording=$(ls "$folder"/*.timegraph)
expect 0 '^bookmarks +1$' info "$recording"

# A recording is shared: it has one playhead, which who leads moves, both ways; notes are kept.
expect 0 '' copy "$recording" "$folder/counter.timegraph"
"$program" replay "$folder/counter.timegraph" --serve --port 0 > "$folder/share.log" 2>&1 &
sharing=$!
children+=($sharing)
until_true 20 has_line "$folder/share.log" '^sharing .* at ws://[0-9.:]+/counter$'
url=$(grep -o 'ws://[0-9.:]*' "$folder/share.log")
expect 0 '^counter +counter +native +0 ' sessions "$url"
debug Fay; fay=$to
debug Gus; gus=$to
place() { grep -oE '[0-9.]+s(#[0-9]+)?  [0-9a-f]{32}$' "$folder/$1.out" | tail -1; }
echo 'go 1s' >&$fay
until_true 20 has_line "$folder/Gus.out" '^\* Fay went to 1s  [0-9a-f]{32}$'
together() { [ "$(place Gus)" = "$(place Fay)" ]; }
until_true 20 together
printf 'back\nwhere\n' >&$gus  # Fay leads, so this is no concern of hers
until_true 20 has_line "$folder/Gus.out" '^\* Fay leads; this is a look of your own'
printf 'follow\nnote it counts\n' >&$gus
until_true 20 has_line "$folder/Fay.out" '^Gus at 1s: it counts$'
printf 'release\nwhere\n' >&$fay
until_true 20 nobody_leads Gus
printf 'go 2s\nback 500ms\n' >&$gus
until_true 20 has_line "$folder/Fay.out" '^\* Gus went to 1.5s  [0-9a-f]{32}$'
echo 'back external' >&$gus
beside() { together && [[ $(place Gus) != 1.5s* ]]; }
until_true 20 beside
echo quit >&$gus
until_true 20 nobody_leads Fay
out=$(printf 'go 1s\nresume\npause\nuntil 1.2s\nstate counter\nback 1h\nback\n' |
    "$program" debug "$url" counter --json --name Hal --modules "$modules") && die "no refusal?"
grep -q '"event":"at","mark":"1.2s"' <<< "$out" || die "did not play up to 1.2s: $out"
grep -q 'The recording begins here' <<< "$out" || die "went back beyond the begin: $out"
until_true 20 has_line "$folder/Fay.out" '^\* .* went to 0s#0  '
expect 1 'who leads moves its playhead' time "$url" counter pause
echo quit >&$fay
stop "$sharing"
expect 0 '^bookmarks +2$' info "$folder/counter.timegraph"
