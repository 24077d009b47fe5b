# A module that crashes or loops takes down its worker only; a killed reflector leaves a good file.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export TEATIME_MODULES=$odd/fault

for fault in crash loop; do
    COUNTER_FAULT=$fault serve "$folder/$fault.log" --record "$folder/$fault"
    join "$folder/$fault-Ann.log" "$url" --app counter --name Ann --send 'counter.loop'
    expect 0 '' send "$url" counter 'counter.add(666)'
    expect 0 '' send "$url" counter 'counter.add(5)'
    recording=$(ls "$folder/$fault"/*.timegraph)
    # The recording goes on, and says where its replica fell.
    until_true 60 eval '"$program" info "$recording" | grep -qE "^ +.*counter.add at [0-9]"'
    expect 0 '' send "$url" counter 'counter.add(6)'
    until_true 20 eval '"$program" log "$recording" | grep -q "counter.add(6)"'
    stop "$member"
    stop "$reflector"
    has_line "$folder/$fault.log.err" \
        "$recording: the recorder's replica fell at [0-9.]+s(#[0-9]+)?, messages are recorded on: " ||
        die "nothing on standard error: $(cat "$folder/$fault.log.err")"
    one_file "$recording"
    expect 0 'counter.add\(6\)' log "$recording"
    expect 0 '^replay: ' verify "$recording" --require-replay

    export COUNTER_FAULT=$fault
    case $fault in
        crash) sentence='the module crashed \(SIGILL\)' ;;
        loop) sentence='the module did not come back within 10000 ms' ;;
    esac
    for verb in verify replay; do
        expect 1 "$sentence while executing counter.add at [0-9.]+s#[0-9]+" $verb "$recording"
        [ $verb = replay ] || grep -q '^file: whole; ' <<< "$out" || die "and the file? $out"
    done
    unset COUNTER_FAULT
done

# kill -9: what was stamped is there, and the file opens without a repair.
serve "$folder/kill.log" --record "$folder/kill"
join "$folder/kill-Ann.log" "$url" --app counter --name Ann --send 'counter.add(3)'
there_is_one() { compgen -G "$folder/kill/*.timegraph" > /dev/null; }
until_true 20 there_is_one
recording=$(ls "$folder"/kill/*.timegraph)
until_true 20 eval '"$program" log "$recording" | grep -q "counter.add(3)"'
kill -KILL "$reflector"
wait "$reflector" 2> /dev/null || true
expect 0 'counter.add\(3\)' log "$recording"
expect 0 '^file: whole' verify "$recording" --require-replay

# A session of the same name at the same place is another one: a recording ends with its own.
serve "$folder/before.log"
join "$folder/anew-Ann.log" "$url" --app counter --name Ann
timeout 60 "$program" record "$url" counter -o "$folder/before.timegraph" > "$folder/record.log" 2>&1 &
recorder=$!
children+=("$recorder")
until_true 20 has_line "$folder/record.log" 'joined session'
kill -KILL "$reflector"
wait "$reflector" 2> /dev/null || true
"$program" serve --port "${url##*:}" > "$folder/after.log" 2>&1 &
reflector=$!
children+=("$reflector")
code=0
wait "$recorder" || code=$?
[ $code = 1 ] || die "record ended with $code: $(cat "$folder/record.log")"
has_line "$folder/record.log" 'ended early: The reflector has started the session anew' ||
    die "record says $(cat "$folder/record.log")"
one_file "$folder/before.timegraph"
stop "$member"
stop "$reflector"
