#!/usr/bin/env bash
# check_tree_test.sh <check_tree.sh> <scratch folder>: every rule of check_tree.sh finds its breach,
# and only that.
set -euo pipefail
check=$1 scratch=$2

# catches <file> <line> <words>: a tree with that line in that file is refused in those words.
catches() {
    local file=$1 line=$2 words=$3 output
    rm -rf "$scratch"
    mkdir -p "$scratch/$(dirname "$file")"
    printf '#pragma once\n%s\n' "$line" >"$scratch/$file"
    if output=$(bash "$check" "$scratch"); then
        echo "not caught: '$line' in $file"
        exit 1
    fi
    [[ $output == *"${file%%/*}"*"$words"*"1 breaches"* ]] || { echo "$file: other words: $output"; exit 1; }
}

accepts() {
    rm -rf "$scratch"
    mkdir -p "$scratch/$(dirname "$1")"
    printf '#pragma once\n%s\n' "$2" >"$scratch/$1"
    bash "$check" "$scratch" >/dev/null || { echo "refused: '$2' in $1"; exit 1; }
}

catches libteatime/state/x.cpp '#include "teatime/island/island.h"' 'state must not include island'
catches libteatime/include/teatime/session/x.h '#include <teatime/net/x.h>' 'session must not include net'
catches recorder/timegraph/x.cpp '#include "teatime/island/island.h"' 'timegraph must not include island'
catches recorder/include/teatime/capture/x.h '#include "teatime/net/x.h"' 'capture must not include net'
accepts replayer/x.cpp '#include "teatime/timegraph/reader.h"'
accepts libteatime/wire/x.cpp '#include "teatime/session/router.h"'
catches libteatime/include/teatime/net/x.h '#include <boost/beast/core.hpp>' 'Beast costs'
accepts libteatime/net/x.cpp '#include <boost/beast/core.hpp>'
catches libteatime/session/x.cpp '#include <boost/asio.hpp>' 'no input or output'
catches libteatime/island/x.cpp 'auto now = std::chrono::steady_clock::now();' 'time and chance'
catches cli/x.cpp '#include <QString>' 'Qt belongs'
catches cli/x.cpp 'open("/home''/someone/file");' 'a path of one machine'
catches extra/x.cpp '' 'agreed top-level'
rm -rf "$scratch"
mkdir -p "$scratch/libteatime/include/teatime/state"
echo 'int x;' >"$scratch/libteatime/include/teatime/state/x.h"
if bash "$check" "$scratch" >/dev/null; then echo "not caught: no #pragma once"; exit 1; fi
rm -rf "$scratch"
