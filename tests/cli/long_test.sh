# Ten minutes of a busy world, at 64 times their speed, recorded with replicas in two processes.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

serve "$folder/serve.log" --record "$folder/recordings" --modules "$modules" --rate 64
join "$folder/Ann.log" "$url" --app bounce --modules "$modules" --name Ann --until 600s --report hash
replicas=("$member")
join "$folder/Ben.log" "$url" --app bounce --modules "$modules" --name Ben --until 600s --report hash
replicas+=("$member")
expect 0 '' send "$url" bounce 'bounce.push(400, 300)' --no-check
for replica in "${replicas[@]}"; do wait "$replica" || die "a replica ended with $?"; done
[ "$(tail -1 "$folder/Ann.log")" = "$(tail -1 "$folder/Ben.log")" ] || die "the replicas differ"
stop "$reflector"
recording=$(ls "$folder"/recordings/*.timegraph)

expect 0 '' verify "$recording" --modules "$modules" --require-replay --json
votes=$(json "$out" votes)
[ "$votes" -ge 100 ] && [ "$votes" = "$(json "$out" votes_agree)" ] || die "verify: $out"

# One line changed in what pushes: the first vote after the push tells, not one before.
code=0
out=$(teatime verify "$recording" --modules "$odd/pushy" --json 2> /dev/null) || code=$?
[ $code = 1 ] || die "another build, and exit code $code: $out"
differs=$(json "$out" first_difference mark)
pushed=$(teatime log "$recording" | sed -n 's/^ *\([0-9.]*\)s.*bounce.push(.*/\1/p')
awk "BEGIN { exit !(${differs%%s*} > $pushed && ${differs%%s*} <= int($pushed) + 1) }" ||
    die "pushed at $pushed, differs at $differs"
