#!/usr/bin/env bash
# screenshots.sh [folder of programs] [folder for the pictures]: every panel of the window on each
# sample, and a live session and a shared recording, light and dark, as PNG to be looked at. Needs no
# display. Prints each picture's name; exits with 1 where one could not be made.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
programs=${1:-build/release/bin}
folder=${2:-build/screenshots}
modules=$programs/../modules
mkdir -p "$folder"
export QT_QPA_PLATFORM=offscreen
XDG_CONFIG_HOME=$(mktemp -d /tmp/teatime-screenshots.XXXXXX)  # nothing remembered from before
export XDG_CONFIG_HOME XDG_RUNTIME_DIR=$XDG_CONFIG_HOME
children=()
finish() {
    [ ${#children[@]} -eq 0 ] || kill "${children[@]}" 2> /dev/null || true
    rm -rf "$XDG_CONFIG_HOME"
}
trap finish EXIT

failed=0
# background <log> <what it says once it is there> <arguments of teatime>...
background() {
    local log=$XDG_CONFIG_HOME/$1 says=$2
    shift 2
    "$programs/teatime" "$@" --modules "$modules" > "$log" 2>&1 < /dev/null &
    children+=($!)
    until grep -q "$says" "$log"; do
        kill -0 $! || { cat "$log" >&2; exit 1; }
        sleep 0.05
    done
}
address() { grep -o 'ws://[^ ]*' "$XDG_CONFIG_HOME/$1" | head -1; }

shot() { # name, arguments...
    local picture=$folder/$1.png
    shift
    if timeout 120 "$programs/teatime-inspector" "$@" --modules "$modules" --size "${size:-1600x1000}" \
        --screenshot "$picture"; then
        echo "$picture"
    else
        failed=1
        echo "FAILED: $picture" >&2
    fi
}

panels="state message diff statistics info messages queue errors marks together members"
for theme in light dark; do
    for sample in counter clicker painter bounce; do
        for panel in $panels; do
            shot "$sample-$panel-$theme" "samples/$sample/$sample.timegraph" --at 4s \
                --theme $theme --panel "$panel"
        done
    done
done
size=1024x700 shot painter-small samples/painter/painter.timegraph --at 4s --theme light
QT_SCALE_FACTOR=2 size=1200x800 shot painter-large-text samples/painter/painter.timegraph --at 4s \
    --theme light

# Two people in a session that one has paused while the other paints.
background serve.log 'ws://' serve --port 0
live=$(address serve.log)
background ann.log joined join "$live" --app painter --name Ann --send 'painter.stroke_begin(100,100)'
background ben.log joined join "$live" --app painter --name Ben --send 'painter.stroke_begin(300,200)'
"$programs/teatime" time "$live/painter" pause
"$programs/teatime" send "$live/painter" 'painter.stroke_begin(200,150)' --modules "$modules"
background shared.log 'ws://' replay samples/painter/painter.timegraph --serve --port 0
shared=$(address shared.log)
for theme in light dark; do
    shot "first-page-$theme" --theme $theme
    for panel in together info members; do
        shot "live-$panel-$theme" "$live/painter" --theme $theme --panel $panel
        shot "shared-$panel-$theme" "$shared" --theme $theme --panel $panel
    done
done
exit $failed
