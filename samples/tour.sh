#!/usr/bin/env bash
# The four uses on one session of `bounce`: recorded live, stepped by two people together, looked at
# in the window, compared from the command line. Checks what it shows.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=tests/setup.sh
. tests/setup.sh

usage() {
    cat <<'TEXT'
usage: bash samples/tour.sh [options]
  --built DIR   take the programs of this build folder; build nothing
  --keep DIR    put the recording and the pictures into a new folder there (default: in /tmp)
TEXT
    setup_help
}

folder='' build=''
while [ $# -gt 0 ]; do
    case $1 in
        --help | -h) usage; exit 0 ;;
        --keep) folder=${2?--keep needs a folder}; shift ;;
        --built) build=${2?--built needs a folder}; shift ;;
        *) setup_option "$1" || { usage >&2; exit 2; } ;;
    esac
    shift
done

if [ -z "$build" ]; then
    build=build/release
    steps_total=3  # shown by step()
    export steps_total
    setup_packages test
    step "configuring" configure.log cmake --preset release
    step "building" build.log cmake --build "$build" --target teatime teatime-inspector bounce
    echo
fi
build=$(cd "$build" && pwd)
export PATH=$build/bin:$PATH
export TEATIME_MODULES=$build/modules
mkdir -p "${folder:-/tmp}"
folder=$(mktemp -d "${folder:-/tmp}/teatime-tour.XXXXXX")
children=()
trap 'kill "${children[@]}" 2>/dev/null || true; wait 2>/dev/null || true' EXIT

say() { printf '\n# %s\n' "$*"; }
show() { printf '$ %s\n' "$*"; "$@"; }
die() { printf 'tour: %s\n' "$*" >&2; exit 1; }
# wait_for <file> <pattern> [how many]: lines that match, within 20 s.
wait_for() {
    for _ in $(seq 400); do
        [ "$(grep -cE -- "$2" "$1" 2>/dev/null || true)" -ge "${3:-1}" ] && return
        sleep 0.05
    done
    die "no line like $2 in $1: $(cat "$1")"
}

say "1. Record a live session: a reflector, two replicas of 300 discs, and pushes"
teatime serve --port 0 --record "$folder" --modules "$TEATIME_MODULES" > "$folder/serve.log" 2>&1 &
children+=($!)
wait_for "$folder/serve.log" 'ws://'
url=$(sed -n 's/^.*\(ws:[^ ]*\).*$/\1/p;q' "$folder/serve.log")
replicas=()
for name in Ann Ben; do
    printf 'bounce.push(400,300)\nwait 400ms\nbounce.push(120,%d)\n' ${#name}0 |
        teatime join "$url" --app bounce --name "$name" --script - --until 8s --report hash \
            > "$folder/$name.log" 2>&1 &
    children+=($!) replicas+=($!)
    wait_for "$folder/$name.log" 'joined session'
done
show teatime sessions "$url"
sleep 2

say "2. Step it together: Cat pauses and steps, Dan sees the same and says something, then leads"
debug() { # name: somebody at a terminal; what is written to $to is typed
    mkfifo "$folder/$1.in"
    teatime debug "$url/bounce" --name "$1" < "$folder/$1.in" > "$folder/$1.log" 2>&1 &
    children+=($!)
    exec {to}> "$folder/$1.in"
    wait_for "$folder/$1.log" ', this one$'
}
debug Cat; cat=$to
debug Dan; dan=$to
reported='^[0-9.]+s(#[0-9]+)?  [0-9a-f]{32}  members'
echo pause >&"$cat"
wait_for "$folder/Dan.log" "$reported"
for n in 2 3 4; do
    echo step >&"$cat"
    wait_for "$folder/Cat.log" "$reported" $n
done
echo 'note here they meet' >&"$dan"
wait_for "$folder/Cat.log" 'Dan at .*: here they meet$'
echo 'hand Dan' >&"$cat"
wait_for "$folder/Dan.log" 'Dan leads$'
echo 'step instant' >&"$dan"
wait_for "$folder/Cat.log" "$reported" 5
wait_for "$folder/Dan.log" "$reported" 5
cat "$folder/Dan.log"
steps() { grep -E "$reported" "$folder/$1.log"; }
[ "$(steps Cat)" = "$(steps Dan)" ] || die "Cat and Dan saw different steps"
if grep -q SPLIT "$folder"/*.log; then die "the replicas differ"; fi
last=$(steps Dan | tail -n 1)
printf 'resume\nquit\n' >&"$dan"
echo quit >&"$cat"
for replica in "${replicas[@]}"; do wait "$replica" || die "a replica failed"; done
printf '\nAnn  %s\nBen  %s\n' "$(tail -1 "$folder/Ann.log")" "$(tail -1 "$folder/Ben.log")"
[ "$(tail -1 "$folder/Ann.log")" = "$(tail -1 "$folder/Ben.log")" ] || die "the replicas differ"
kill -TERM "${children[0]}"
wait "${children[0]}" || die "the reflector did not stop properly"
recording=$(ls "$folder"/*.timegraph)

say "3. Look at it: the window at the Mark where all stood, and two seconds later"
mark=${last%%  *}
[ -n "${DISPLAY-}${WAYLAND_DISPLAY-}" ] || export QT_QPA_PLATFORM=${QT_QPA_PLATFORM-offscreen}
show teatime-inspector "$recording" --at "$mark" --panel state --screenshot "$folder/stood.png"
show teatime-inspector "$recording" --at 6s --panel messages --screenshot "$folder/later.png"
[ -s "$folder/stood.png" ] && [ -s "$folder/later.png" ] || die "no pictures"
if cmp -s "$folder/stood.png" "$folder/later.png"; then die "both pictures are the same"; fi
echo "pictures: $folder/stood.png $folder/later.png"

say "The recording has the very state that all replicas reported"
hash=$(teatime state "$recording" bounce.discs[0] --at "$mark" > "$folder/disc.txt" &&
    teatime state "$recording" --at "$mark" | sed -n 's/^hash: //p')
echo "$mark  $hash"
[ "$hash" = "$(awk '{print $2}' <<<"$last")" ] || die "the recording differs from the session"
cat "$folder/disc.txt"

say "4. Compare: what changed in two seconds, and which message gave a disc its velocity"
code=0
show teatime diff "$recording@$mark" @6s > "$folder/diff.txt" || code=$?
head -n 6 "$folder/diff.txt" | cut -c1-110
[ $code = 1 ] || die "nothing changed"
show teatime diff "$recording@$mark" "@$mark" || die "a moment differs from itself"
show teatime why "$recording" 'bounce.discs[0].velocity.x' --at "$mark" --limit 3
show teatime verify "$recording" --require-replay

cat <<TEXT

Go on from here:
  $build/bin/teatime-inspector $recording --modules $TEATIME_MODULES
TEXT
