#!/usr/bin/env bash
# screenshot_test.sh <folder of programs> <folder of modules> <samples>: a picture needs no display,
# has the size asked for, leaves the user's settings alone and nobody in a session; a window that is
# ended by a signal leaves no files.
set -euo pipefail
programs=$1 modules=$2 samples=$3
folder=$(mktemp -d /tmp/teatime-screenshot.XXXXXX)
serve=
trap '[ -z "$serve" ] || kill $serve; rm -rf "$folder"' EXIT
export XDG_CONFIG_HOME=$folder/config XDG_CACHE_HOME=$folder/cache TEATIME_MODULES=$modules
export XDG_RUNTIME_DIR=$folder
unset DISPLAY WAYLAND_DISPLAY QT_QPA_PLATFORM
mkdir "$XDG_CONFIG_HOME"

fail() { printf '%s\n' "$*"; exit 1; }

shot() { # <arguments>: what it says, into $said
    said=$(timeout 100 "$programs/teatime-inspector" "$@" --screenshot "$folder/x.png" 2>&1) ||
        fail "$*: exit code $?: $said"
}
size() { # of the picture: bytes 16 to 23 of a PNG
    od -An -tu1 -j16 -N8 "$folder/x.png" | awk '{ print $3 * 256 + $4 "x" $7 * 256 + $8 }'
}

shot "$samples/counter/counter.timegraph" --at 2s --size 1300x900
[ "$(size)" = 1300x900 ] && [ -z "$said" ] || fail "a picture of $(size), and says: $said"
shot "$samples/counter/counter.timegraph" --size 300x200
[ "$(size)" = 300x200 ] || [[ $said == *"$(size)"*"instead of 300x200"* ]] || fail "silently $(size): $said"
[ -z "$(ls -A "$XDG_CONFIG_HOME")" ] || fail "settings: $(find "$XDG_CONFIG_HOME")"

code=0
said=$("$programs/teatime-inspector" --modules "$folder/nowhere" --screenshot "$folder/x.png" 2>&1) || code=$?
[ $code = 2 ] && [[ $said == *"there is no such folder"* ]] || fail "exit code $code: $said"

# A live session: who makes a picture only views.
"$programs/teatime" serve --port 0 --record "$folder/recordings" > "$folder/serve.log" &
serve=$!
until url=$(grep -o 'ws://[^ ]*' "$folder/serve.log"); do sleep 0.05; done
"$programs/teatime" join "$url" --app painter --name Ann --for 1min > "$folder/ann.log" 2>&1 &
until grep -q joined "$folder/ann.log"; do sleep 0.05; done
shot "$url/painter"
# Ended by a signal in a live session: what it recorded there goes along.
mkdir "$folder/tmp"
TMPDIR=$folder/tmp QT_QPA_PLATFORM=offscreen "$programs/teatime-inspector" "$url/painter" &
window=$!
until compgen -G "$folder/tmp/teatime-live-*/*.timegraph" > /dev/null; do
    kill -0 $window || fail "the window is gone"
    sleep 0.05
done
kill -TERM $window
code=0
wait $window || code=$?
[ $code = 143 ] || fail "ended by SIGTERM with $code"
! compgen -G "$folder/tmp/teatime-*" > /dev/null || fail "left behind: $(find "$folder/tmp")"
kill -TERM $serve
wait $serve || fail "serve ended with $?"
serve=
joined=$("$programs/teatime" log "$folder"/recordings/*.timegraph | grep -c 'joined=\[[0-9]') || true
[ "$joined" = 2 ] || fail "$("$programs/teatime" log "$folder"/recordings/*.timegraph)"
