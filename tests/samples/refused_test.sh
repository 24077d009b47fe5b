#!/usr/bin/env bash
# refused_test.sh <compiler> <include folder>: worlds that would go wrong do not compile, and the
# first error is a sentence for their author.
set -euo pipefail
compiler=$1 include=$2 failures=0

# The headers once for all worlds.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf '#include <%s>\n' teatime/island/object.h unordered_map > "$folder/world.h"
"$compiler" -std=c++20 -I"$include" -x c++-header "$folder/world.h" -o "$folder/world.h.gch"

# refused <members of the world> <described functions> <described state> <sentence>
refused() {
    local said
    said=$("$compiler" -std=c++20 -fsyntax-only -I"$include" -include "$folder/world.h" -x c++ - 2>&1 <<CPP || true
struct Plain { int a; };
class World : public teatime::Object {
    $1
    BOOST_DESCRIBE_CLASS(World, (teatime::Object), (), (), ($2 $3))
};
TEATIME_MODULE("world", World)
CPP
    )
    said=$(grep -m1 'error' <<<"$said" || true)
    [[ $said == *"$4"* ]] && return
    printf 'expected "%s" of:\n  %s\ngot: %s\n' "$4" "$1" "${said:-no error}"
    failures=$((failures + 1))
}

refused 'int* x;' '' x 'a pointer or reference can be neither part'
refused 'int x; void a(const char*) {}' 'a,' x "nor a message's argument"
refused 'std::unordered_map<int, int> x;' '' x 'this type can be neither part'
refused 'std::vector<Plain> x;' '' x 'write BOOST_DESCRIBE_STRUCT after the struct'
refused 'long double x;' '' x 'long double can be neither part'
refused 'std::map<double, int> x;' '' x 'may be neither floating point nor pointers'
refused 'void a(int) {} void b() { future({}, &World::a); }' 'a,' b 'takes another number of arguments'
refused 'void a(std::string) {} void b() { future({}, &World::a, 5); }' 'a,' b \
    'of another kind than the message takes'
refused 'int x; public: void draw(teatime::Scene&) {}' '' x 'draw must be public'
refused 'int x; void init() {}' '' x 'init must be public'
[ $failures -eq 0 ]
