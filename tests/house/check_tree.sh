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

# lines <regex of files> <regex of files let off> <regex of lines>: `file:number:line` of each. One grep for
# all files: thousands would take longer than all else here.
lines() {
    local file chosen=()
    for file in "${files[@]}"; do
        [[ $file =~ $1 && -r $file ]] || continue
        [[ -n $2 && $file =~ $2 ]] || chosen+=("$file")
    done
    [ ${#chosen[@]} -eq 0 ] || grep -nIHE "$3" "${chosen[@]}" || [ $? -eq 1 ]
}

# The folders of a part: its public headers and its sources; which parts it may include.
check_part() {
    local part=$1 sources=$2 headers=$3 allowed=$4 file line number included
    while IFS=: read -r file number line; do
        [[ $line =~ [\<\"]teatime/([a-z]+)/ ]] || continue
        included=${BASH_REMATCH[1]}
        [[ " $part $allowed " == *" $included "* ]] ||
            breach "$file:$number: $part must not include $included (allowed: ${allowed:-nothing})"
    done < <(lines "^($sources|$headers)/.*\.(h|cpp|ipp)$" '' '^ *# *include')
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
    while IFS=: read -r file number _; do breach "$file:$number: $4"; done < <(lines "$1" "$2" "$3")
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

headers=() sources=()
for file in "${files[@]}"; do
    [ -r "$file" ] || continue
    [[ ! $file =~ /include/teatime/.*\.h$ ]] || headers+=("$file")
    [[ ! $file =~ \.(h|cpp)$ ]] || sources+=("$file")
done
while IFS= read -r file; do
    [ -z "$file" ] || breach "$file: no #pragma once"
done < <([ ${#headers[@]} -eq 0 ] || grep -L '^#pragma once$' "${headers[@]}" || :)
[ ${#sources[@]} -eq 0 ] || wc -l "${sources[@]}" | awk '$1 > 600 && $2 != "total" {
    print "note: " $2 " has " $1 " lines: one idea?" }'

[ $breaches -eq 0 ] || { echo "$breaches breaches"; exit 1; }
echo "${#files[@]} files in order"
