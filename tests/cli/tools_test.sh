# What makes recordings of recordings: recover.
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
