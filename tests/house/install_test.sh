#!/usr/bin/env bash
# install_test.sh <cmake> <source folder> <build folder> <scratch folder>: an installed package is
# found, used and moved: library, header by header, module.
set -euo pipefail
cmake=$1 source=$2 build=$3 scratch=$4
rm -rf "$scratch"
mkdir -p "$scratch"
log=$scratch/log
run() { "$@" >"$log" 2>&1 || { cat "$log"; echo "failed: $*"; exit 1; }; }

run "$cmake" --install "$build" --prefix "$scratch/first"
mv "$scratch/first" "$scratch/moved"  # nothing installed may know where it was
run "$cmake" -S "$source/tests/house/consumer" -B "$scratch/build" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$scratch/moved"
run "$cmake" --build "$scratch/build"

for module in "$scratch/build/modules/ball.so" "$scratch"/moved/lib*/teatime/modules/counter.so; do
    app=$(basename "$module" .so)
    said=$("$scratch/build/consumer" "$module")
    [[ $said =~ ^$app\ [0-9a-f]{64}$ ]] || { echo "consumer said of $module: $said"; exit 1; }
done
run "$scratch/moved/bin/teatime" --version
rm -rf "$scratch"
