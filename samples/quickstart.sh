#!/usr/bin/env bash
# The main job in a minute: record a live session of several replicas, pause and step it, rebuild a
# moment, compare two, draw the world and check the recording.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=tests/setup.sh
. tests/setup.sh

usage() {
    cat <<'TEXT'
usage: bash samples/quickstart.sh [options]
  --keep DIR    put the recording and the picture there (default: a new folder in /tmp)
TEXT
    setup_help
}

folder=
while [ $# -gt 0 ]; do
    case $1 in
        --help | -h) usage; exit 0 ;;
        --keep) folder=${2?--keep needs a folder}; shift ;;
        *) setup_option "$1" || { usage >&2; exit 2; } ;;
    esac
    shift
done

steps_total=3  # shown by step()
export steps_total
setup_packages run
step "configuring" configure.log cmake --preset release -DTEATIME_TESTS=OFF -DTEATIME_INSPECTOR=OFF
step "building" build.log cmake --build build/release --target teatime teatime-worker painter
echo

teatime=$PWD/build/release/bin/teatime
modules=$PWD/build/release/modules
folder=${folder:-$(mktemp -d /tmp/teatime-quickstart.XXXXXX)}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
children=()
trap 'kill "${children[@]}" 2>/dev/null || true; wait 2>/dev/null || true' EXIT

say() { printf '\n# %s\n' "$*"; }
show() { printf '$ %s\n' "$*"; "$@"; }
die() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

say "A reflector that records, on a free port"
"$teatime" serve --port 0 --record "$folder" --modules "$modules" > "$folder/serve.log" 2>&1 &
children+=($!)
for _ in $(seq 100); do
    url=$(sed -n 's/^.*\(ws:[^ ]*\).*$/\1/p;q' "$folder/serve.log")
    [ -n "$url" ] && break
    sleep 0.05
done
[ -n "$url" ] || die "the reflector did not start: $(cat "$folder/serve.log")"
head -1 "$folder/serve.log"

say "Three painters, each a process with a replica of its own; a fourth comes late"
paint() { # name, colour, row
    printf 'painter.color("%s")\n' "$2"
    printf 'painter.stroke_begin(%d, %d)\n' 30 "$3"
    for x in $(seq 50 20 440); do
        printf 'painter.stroke_to(%d, %d)\nwait 250ms\n' "$x" $(($3 + (x * x / 100 + $3) % 41 - 20))
    done
    printf 'painter.stroke_end()\n'
}
join() { # name
    "$teatime" join "$url" --app painter --modules "$modules" --name "$1" --script - --until 8s \
        --report hash > "$folder/$1.log" 2>&1
}
paint Ann '#d1495b' 90 | join Ann & children+=($!); replicas=($!)
paint Ben '#00798c' 160 | join Ben & children+=($!); replicas+=($!)
paint Cat '#edae49' 230 | join Cat & children+=($!); replicas+=($!)
sleep 2.5
paint Dan '#30638e' 300 | join Dan & children+=($!); replicas+=($!)
sleep 1.5
show "$teatime" sessions "$url"

say "Pause for everyone, three single steps, go on: all replicas report the same Mark and hash"
show "$teatime" time "$url" painter pause
sleep 0.5  # what is sent now waits for the steps
for _ in 1 2 3; do show "$teatime" time "$url" painter step external; done
show "$teatime" time "$url" painter resume

for replica in "${replicas[@]}"; do wait "$replica" || die "a replica failed: $(cat "$folder"/*.log)"; done
say "What each replica had after 8 s of virtual time"
for name in Ann Ben Cat Dan; do printf '%s  %s\n' "$name" "$(tail -1 "$folder/$name.log")"; done
[ "$(for name in Ann Ben Cat Dan; do tail -1 "$folder/$name.log"; done | sort -u | wc -l)" = 1 ] ||
    die "the replicas differ"

kill -TERM "${children[0]}"
wait "${children[0]}" || die "the reflector did not stop properly"
recording=$(ls "$folder"/*.timegraph)

say "The recording: all of it in one file"
show "$teatime" info "$recording"
say "The world at two moments, and what changed from one to the other"
show "$teatime" state "$recording" painter --at 2s --modules "$modules"
show "$teatime" state "$recording" painter --at 3s --modules "$modules"
show "$teatime" diff "$recording@2s" @3s --modules "$modules" > "$folder/diff.txt" &&
    die "nothing changed?"
head -1 "$folder/diff.txt"
tail -n +2 "$folder/diff.txt" | cut -c1-100
say "Its picture, and the check: executed again against every vote"
show "$teatime" render "$recording" --at end -o "$folder/painter.svg" --modules "$modules"
echo "drawn: $folder/painter.svg"
show "$teatime" verify "$recording" --require-replay --modules "$modules"

cat <<TEXT

Go on from here:
  $teatime log $recording --limit 20
  $teatime state $recording painter --at 2.5s
  $teatime replay $recording --rate 4
TEXT
