#!/usr/bin/env bash
# record.sh <teatime> <folder of modules> <folder>: records the four samples for some seconds each,
# two members in each session, as <folder>/counter.timegraph and so on. The recordings beside the
# samples were made by it; make them again when a sample's code changes.
set -euo pipefail
teatime=$1 modules=$2 folder=$3
work=$(mktemp -d /tmp/teatime-record.XXXXXX)
children=()
trap 'kill "${children[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

"$teatime" serve --port 0 --record "$work" --modules "$modules" --votes 2s > "$work/serve.log" 2>&1 &
children+=($!)
for _ in $(seq 100); do
    url=$(sed -n 's/^.*\(ws:[^ ]*\).*$/\1/p;q' "$work/serve.log")
    [ -n "$url" ] && break
    sleep 0.05
done

member() { # app, name, seconds; its messages come on standard input
    "$teatime" join "$url" --app "$1" --modules "$modules" --name "$2" --script - --until "$3s" \
        > "$work/$1-$2.log" 2>&1
}
stroke() { # colour, row
    printf 'painter.color("%s")\npainter.stroke_begin(30, %d)\n' "$1" "$2"
    for x in $(seq 44 14 440); do
        printf 'painter.stroke_to(%d, %d)\nwait 200ms\n' "$x" $(($2 + (x * x / 70 + $2) % 61 - 30))
    done
    printf 'painter.stroke_end()\n'
}
waits() { # message...: one each 700 ms
    for message in "$@"; do printf '%s\nwait 700ms\n' "$message"; done
}

joined=()
stroke '#e63946' 110 | member painter Ann 10 & joined+=($!)
stroke '#2a9d8f' 200 | member painter Ben 10 & joined+=($!)
waits 'counter.loop()' 'counter.add(2)' 'counter.add(-1)' 'counter.add(5)' |
    member counter Ann 8 & joined+=($!)
waits 'counter.add(1)' 'counter.add(1)' 'counter.add(10)' | member counter Ben 8 & joined+=($!)
waits $(printf 'clicker.click() %.0s' {1..8}) | member clicker Ann 8 & joined+=($!)
waits $(printf 'clicker.click() %.0s' {1..6}) | member clicker Ben 8 & joined+=($!)
waits 'bounce.push(400,300)' 'bounce.push(120,80)' 'bounce.add(10)' 'bounce.push(700,500)' |
    member bounce Ann 8 & joined+=($!)
waits 'bounce.push(200,450)' 'bounce.push(600,120)' | member bounce Ben 8 & joined+=($!)
wait "${joined[@]}"
kill -TERM "${children[0]}"
wait "${children[0]}"
mkdir -p "$folder"
for app in counter clicker painter bounce; do
    cp "$work"/*-"$app"-*.timegraph "$folder/$app.timegraph"
done
