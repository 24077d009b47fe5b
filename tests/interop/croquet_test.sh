#!/usr/bin/env bash
# croquet_test.sh <program teatime>: unmodified Croquet clients in one session of ours, and its
# recording. Skipped where tests/setup.sh has not installed them.
set -euo pipefail
export TEATIME_NODE=${TEATIME_NODE-$TEATIME_TREE/build/node}
if [ ! -d "$TEATIME_NODE/node_modules/@croquet/croquet" ]; then
    echo "SKIP: no unmodified Croquet client in $TEATIME_NODE; bash tests/run.sh installs it"
    exit 77
fi
exec node "$TEATIME_TREE/tests/interop/croquet_session.mjs" "$1"
