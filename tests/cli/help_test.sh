# Every verb has help that says what it is for; completion works in bash.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

expect 0 '^teatime [0-9]+\.[0-9]+' --version
expect 0 'Exit codes' --help
verbs=$(teatime completion bash | sed -n "s/.*compgen -W '\([^']*\)--help.*/\1/p")
[ "$(wc -w <<< "$verbs")" -ge 15 ] || die "verbs: $verbs"
for verb in $verbs; do
    expect 0 'Usage: .*teatime '"$verb" $verb --help
    [ "$(wc -l <<< "$out")" -le 60 ] || die "$verb --help is longer than a screen"
    [ "$(awk '{ if (length > m) m = length } END { print m }' <<< "$out")" -le 110 ] ||
        die "$verb --help has lines too long to read: $out"
done

complete_words() { # words of a line, the last one being typed
    PATH=$(dirname "$program"):$PATH bash -c '
        eval "$(teatime completion bash)"
        complete -p teatime > /dev/null
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _teatime
        printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}
[ "$(complete_words teatime ver)" = verify ] || die "ver: $(complete_words teatime ver)"
complete_words teatime serve --re | grep -qx -- --restore || die "serve --re"
touch "$folder/a.timegraph"
[ "$(complete_words teatime info "$folder/a")" = "$folder/a.timegraph" ] || die "files"

# What follows `inspect` reaches the inspector as it was written.
mkdir "$folder/bin"
cp "$program" "$folder/bin/teatime"
printf '#!/bin/sh\nprintf "[%%s]" "$@"\n' > "$folder/bin/teatime-inspector"
chmod +x "$folder/bin/teatime-inspector"
program=$folder/bin/teatime
PATH=$folder/bin:$PATH  # where it looks when /proc does not tell it where it is
inspect() { # what arrives, what is given
    local arrives=$1
    shift
    out=$(teatime inspect "$@") || die "inspect $*: exit code $?"
    [ "$out" = "$arrives" ] || die "inspect $*: arrives as $out"
}
inspect '[a file][--at][4s][--theme][dark][--screenshot][x.png]' \
    'a file' --at 4s --theme dark --screenshot x.png
inspect '[--theme][dark][ws://h:1/s][--play]' --theme dark ws://h:1/s --play
inspect '[--][-odd][][log][--help]' -- -odd '' log --help
inspect '[]'
expect 0 'teatime-inspector --help' inspect --help
