#!/usr/bin/env bash
# screenshots.sh [folder of programs] [folder for the pictures]: every panel of the window on the
# four samples, light and dark, as PNG to be looked at. Needs no display. Prints each picture's
# name; exits with 1 where one could not be made.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
programs=${1:-build/release/bin}
folder=${2:-build/screenshots}
modules=$programs/../modules
mkdir -p "$folder"
export QT_QPA_PLATFORM=offscreen
XDG_CONFIG_HOME=$(mktemp -d /tmp/teatime-screenshots.XXXXXX)  # nothing remembered from before
export XDG_CONFIG_HOME
trap 'rm -rf "$XDG_CONFIG_HOME"' EXIT

failed=0
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
    shot "first-page-$theme" --theme $theme
    for panel in $panels; do
        shot "painter-$panel-$theme" samples/painter/painter.timegraph --at 4s --theme $theme \
            --panel "$panel"
    done
    for sample in counter clicker bounce; do
        shot "$sample-$theme" "samples/$sample/$sample.timegraph" --at 4s --theme $theme
        shot "$sample-message-$theme" "samples/$sample/$sample.timegraph" --at 4s --theme $theme \
            --panel message
    done
done
size=1024x700 shot painter-small samples/painter/painter.timegraph --at 4s --theme light
QT_SCALE_FACTOR=2 size=1200x800 shot painter-large-text samples/painter/painter.timegraph --at 4s \
    --theme light
exit $failed
