# What is wrong is said in one sentence, with the exit code of its kind.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export TEATIME_MODULES=$modules

serve "$folder/gone.log"
gone=$url  # nobody listens there any more
stop "$reflector"

# A recording to break.
serve "$folder/serve.log" --record "$folder/recordings"
join "$folder/Ann.log" "$url" --app counter --send 'counter.loop' --for 60s
until_true 20 has_line "$folder/Ann.log" 'joined'
until_true 20 eval '"$program" sessions "$url" | grep -qE "counter .* [1-9][0-9]*(\.[0-9]*)?s "'

# Usage.
expect 2 'nonsense' nonsense
expect 2 'what to do'
expect 2 '--nonsense' serve --nonsense
expect 2 'URL' debug
expect 2 'ftp' sessions 'ftp://127.0.0.1'
expect 2 'port' sessions 'ws://127.0.0.1:99999'
expect 2 'WHAT is required; see `teatime time --help`' time "$url" pause
expect 2 'no message' send "$url" counter 'add'
expect 2 'no JSON' send "$url" counter 'counter.add(x)'
expect 2 'parenthesis' join "$url" --app counter --send 'counter.add(2'
printf 'counter.add(1)\nwait long\n' > "$folder/script"
expect 2 'line 2' join "$url" --app counter --script "$folder/script"
expect 2 'soon' join "$url" --app counter --for soon
expect 2 'fifo' serve --time fifo
expect 2 'rate' serve --port 0 --rate 1000
expect 2 'tick' serve --port 0 --tick 1h
expect 2 'rate' time "$url" counter rate fast
expect 2 'which rate\? 0.25, 4 or 1/64' time "$url" counter rate
expect 2 'until when' time "$url" counter until
expect 2 'write pause, resume, rate' time "$url" counter haste
expect 2 'one argument too many' time "$url/counter" step 1s 2s
expect 2 'WHAT is required' time "$url/counter"
expect 2 'MESSAGE is required' send "$url" counter
expect 2 'which session' send "$url"
expect 2 'which session' record "$url" -o "$folder/never.timegraph"
expect 2 'port.*99999.*0.*65535' serve --port 99999
expect 2 'no step' time "$url" counter step slowly
expect 2 'takes no argument' time "$url" counter pause 3

# Servers and sessions.
expect 3 'refused' sessions "$gone"
expect 3 'refused' time "$gone" counter pause
expect 3 'in use' serve --port "${url##*:}"
expect 3 '999' serve --port 0 --host 999.1.1.1
expect 3 'session nowhere at ws:.*No such session' time "$url" nowhere pause
expect 3 'no session nowhere' send "$url" nowhere 'counter.add(1)'
expect 3 'session nowhere at ws:.*No such session' send "$url" nowhere 'counter.add(1)' --no-check
expect 3 'no session nowhere' record "$url" nowhere -o "$folder/never.timegraph"
expect 3 'no session nowhere' save "$url/nowhere" -o "$folder/never.island"
expect 3 'no session nowhere' save "${url#ws://}/nowhere" -o "$folder/never.island"
expect 2 '--at is for recordings; a session is saved as it is now$' \
    save "$url/counter" --at 1s -o "$folder/never.island"
expect 2 'nowhere' join "$url" --app nowhere
expect 2 'no/such.so' join "$url" --app no/such.so
expect 2 'passwd is no module' join "$url" --app /etc/passwd
expect 3 'or start `teatime serve --allow-mixed`' \
    join "$url" --app counter --modules "$odd/changed" --for 1s
expect 3 'script' join "$url" --app counter --script "$folder/none"
expect 2 'exists' join "$url" --app counter --record "$folder/script" --for 1s

# Nobody there: members wait for it, as long as --for says; whoever reads what they tell.
code=0
timeout 20 "$program" join "$gone" --app counter --for 1s 2> "$folder/stderr" || code=$?
[ $code = 3 ] || die "join without a reflector: exit code $code"
[ "$(grep -c 'trying again$' "$folder/stderr")" = 1 ] || die "told again: $(cat "$folder/stderr")"
tail -1 "$folder/stderr" | grep -q 'refused; gave up after 1s$' || die "$(cat "$folder/stderr")"
mkfifo "$folder/unread"
: < "$folder/unread" &  # opens it and is gone
"$program" join "$gone" --app counter --for 60s 2> "$folder/unread" &
waiting=$!
children+=("$waiting")
sleep 1  # several tries, told to nobody
kill -TERM "$waiting"
until_true 10 eval '! kill -0 "$waiting" 2> /dev/null'

[ ! -e "$folder/never.timegraph" ] && [ ! -e "$folder/never.island" ] || die "files of failures"

expect 2 '--modules nowhere: there is no such folder$' \
    send "$url" counter 'counter.add(1)' --modules nowhere

stop "$member"
stop "$reflector"
good=$(ls "$folder"/recordings/*.timegraph)

# Files.
: > "$folder/empty"
printf 'not a recording, but long enough to be looked at as one by a careless reader\n%.0s' \
    {1..30} > "$folder/text"
head -c 12288 "$good" > "$folder/cut.timegraph"
cp "$good" "$folder/newer.timegraph"
printf '\x00\x00\x03\xe7' | dd of="$folder/newer.timegraph" bs=1 seek=60 conv=notrunc status=none
for verb in info log state render verify replay save; do
    extra=()
    case $verb in render | save) extra=(-o "$folder/never.svg") ;; esac
    expect 3 'none.timegraph' $verb "$folder/none.timegraph" "${extra[@]}"
    expect 3 'time-graph|recording|saved' $verb "$folder/empty" "${extra[@]}"
    expect 3 'time-graph|recording|saved' $verb "$folder/text" "${extra[@]}"
    expect 3 'is not a file' $verb "$folder" "${extra[@]}"
    expect 3 'cut off|damaged' $verb "$folder/cut.timegraph" "${extra[@]}"
    expect 3 'format.*999|999.*format|newer' $verb "$folder/newer.timegraph" "${extra[@]}"
done
expect 3 'text' diff "$folder/text@1s" @2s
expect 3 'text' serve --port 0 --restore "$folder/text"
expect 3 'script' serve --port 0 --record "$folder/script"
for verb in state render save; do
    extra=()
    case $verb in render | save) extra=(-o "$folder/never.svg") ;; esac
    expect 2 'outside the recording' $verb "$good" --at 1h "${extra[@]}"
    expect 2 'no moment' $verb "$good" --at teatime "${extra[@]}"
    for wall in 2026-13-01T12:00 2026-02-30T12:00 2026-11-20T24:00 2026-11-20T12:60 \
        2026-11-20T12:00:60 2026-11-20T12:00:nan 2026-11-20T12:-1; do
        expect 2 'no moment' $verb "$good" --at $wall "${extra[@]}"
    done
    expect 2 "2001-02-03T04:05 is before 20.* UTC, from when on $good knows the wall clock$" \
        $verb "$good" --at 2001-02-03T04:05 "${extra[@]}"
    expect 2 'after the recording' $verb "$good" --at 2099-02-03T04:05 "${extra[@]}"
done
for verb in verify render replay; do
    expect 2 '--modules nowhere: there is no such folder$' $verb "$good" --modules nowhere
done
expect 2 '--modules nowhere: there is no such folder$' serve --port 0 --modules nowhere
expect 2 '--modules no.so: there is no such file$' join "$gone" --app counter --modules no.so
expect 2 '--modules .*script: neither' state "$good" --modules "$folder/script"
! grep -q nowhere "$XDG_CACHE_HOME/teatime/module-paths" || die "a folder that is not there is remembered"
expect 2 'outside the recording' log "$good" --from 1h
expect 2 'outside the recording' replay "$good" --to 1h
expect 2 'outside the recording' diff "$good@1s" @1h
expect 2 'nothing' state "$good" nothing
[ ! -e "$folder/never.svg" ] || die "a failure wrote a file"
