#!/usr/bin/env bash
# node_test.sh <script> <package> <program teatime>: a script of this folder, with packages that are
# nobody's of ours. Skipped where tests/setup.sh has not installed them.
set -euo pipefail
export TEATIME_NODE=${TEATIME_NODE-$TEATIME_TREE/build/node}
if [ ! -d "$TEATIME_NODE/node_modules/$2" ]; then
    echo "SKIP: no $2 in $TEATIME_NODE; bash tests/run.sh installs it"
    exit 77
fi
exec node "$TEATIME_TREE/tests/interop/$1" "$3"
