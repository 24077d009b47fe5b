#!/usr/bin/env bash
# check_tree.sh <top folder>: what must hold for the sources as text. Prints a line for each breach
# and exits with 1 where there is one; long files are only named.
set -euo pipefail
cd "$1"

breaches=0
breach() { printf '%s\n' "$*"; breaches=$((breaches + 1)); }

# All files of the tree, with or without git.
if [ -e .git ] && command -v git >/dev/null; then
    list=$(git ls-files --cached --others --exclude-standard)
else
    list=$(find . \( -path './build*' -o -name node_modules -o -name .git \) -prune \
        -o -type f -printf '%P\n')
fi
mapfile -t files <<<"$list"

# The folders of a part: its public headers and its sources; which parts it may include.
check_part() {
    local part=$1 sources=$2 headers=$3 allowed=$4 file line number included
    for file in "${files[@]}"; do
        [[ $file == "$sources"/* || $file == "$headers"/* ]] || continue
        [[ $file =~ \.(h|cpp|ipp)$ && -r $file ]] || continue
        while IFS=: read -r number line; do
            [[ $line =~ [\<\"]teatime/([a-z]+)/ ]] || continue
            included=${BASH_REMATCH[1]}
            [[ " $part $allowed " == *" $included "* ]] ||
                breach "$file:$number: $part must not include $included (allowed: ${allowed:-nothing})"
        done <<<"$(grep -nE '^ *# *include' "$file")"
    done
}

lib=libteatime/include/teatime
rec=recorder/include/teatime
check_part state libteatime/state $lib/state ""
check_part island libteatime/island $lib/island "state"
check_part session libteatime/session $lib/session "state island"
check_part wire libteatime/wire $lib/wire "state island session"
check_part net libteatime/net $lib/net "state island session wire"
check_part timegraph recorder/timegraph $rec/timegraph "state"
check_part capture recorder/capture $rec/capture "state island session timegraph"
check_part replayer replayer replayer/include/teatime/replayer \
    "state island session wire net timegraph"

# forbid <regex of files> <regex of files let off> <regex of lines> <sentence>
forbid() {
    local file number
    for file in "${files[@]}"; do
        [[ $file =~ $1 && -r $file ]] || continue
        [[ -n $2 && $file =~ $2 ]] && continue
        while IFS=: read -r number _; do
            [ -z "$number" ] || breach "$file:$number: $4"
        done <<<"$(grep -nIE "$3" "$file")"
    done
}

forbid '^(libteatime|recorder|replayer|inspector-gui|cli|samples)/.*\.(h|cpp)$' '^libteatime/net/[^/]*$' \
    '^ *# *include *<boost/beast' 'Beast costs 10 s a file: only net includes it, and no public header'
forbid '^libteatime/(include/teatime/)?(state|island|session|wire)/' '' \
    '^ *# *include *<(boost/asio|sqlite3|sys/socket|netinet)' 'this part does no input or output'
forbid '^libteatime/(include/teatime/)?(state|island|session|wire)/' '' \
    'steady_clock|system_clock|random_device' 'time and chance come in as parameters here'
forbid '^(libteatime|recorder|replayer|cli|samples)/.*\.(h|cpp)$' '' \
    '^ *# *include *<Q[A-Za-z]' 'Qt belongs to inspector-gui and the tests'
forbid '.' '\.svg$' '(^|[^A-Za-z0-9_.$}-])/(work|farm|root|home)/[A-Za-z0-9_]' \
    'a path of one machine'

# The top level is the agreed house, dot-files, and nothing else.
while IFS= read -r entry; do
    [[ $entry =~ ^(\..*|CMakeLists.txt|CMakePresets.json|README.md|LICENSE|libteatime|recorder|replayer|inspector-gui|cli|samples|tests)$ ]] ||
        breach "$entry: not one of the agreed top-level entries"
done <<<"$(printf '%s\n' "${files[@]%%/*}" | sort -u)"

for file in "${files[@]}"; do
    [[ $file =~ /include/teatime/.*\.h$ && -r $file ]] || continue
    grep -q '^#pragma once$' "$file" || breach "$file: no #pragma once"
done

for file in "${files[@]}"; do
    [[ $file =~ \.(h|cpp)$ && -r $file ]] || continue
    lines=$(wc -l <"$file")
    [ "$lines" -le 600 ] || echo "note: $file has $lines lines: one idea?"
done

[ $breaches -eq 0 ] || { echo "$breaches breaches"; exit 1; }
echo "${#files[@]} files in order"
