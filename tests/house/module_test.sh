#!/usr/bin/env bash
# module_test.sh <cmake> <source folder> <scratch folder> <c++ compiler>: what teatime_add_module()
# promises, on a module without an engine: code id, name, flags.
set -euo pipefail
cmake=$1 source=$2 scratch=$3 compiler=$4
rm -rf "$scratch"
mkdir -p "$scratch/world" "$scratch/moved/deep"

fail() { echo "$*"; exit 1; }

cat >"$scratch/module.h" <<'TEXT'
inline constexpr int kSemanticsVersion = 1;
TEXT
cat >"$scratch/world/ball.cpp" <<'TEXT'
#include "ball.h"
extern "C" __attribute__((visibility("hidden"))) const char teatime_code_id[];
extern "C" __attribute__((visibility("default"))) const char* ball() { return teatime_code_id; }
TEXT
echo 'inline int radius = 1;' >"$scratch/world/ball.h"
cat >"$scratch/world/CMakeLists.txt" <<TEXT
cmake_minimum_required(VERSION 3.25)
project(world LANGUAGES CXX)
add_library(island INTERFACE)
add_library(teatime::island ALIAS island)
set_property(GLOBAL PROPERTY TEATIME_MODULE_HEADER $scratch/module.h)
include($source/libteatime/cmake/TeatimeModule.cmake)
teatime_add_module(ball SOURCES ball.cpp HEADERS ball.h)
TEXT

configure() {  # configure <folder> <flags>
    "$cmake" -S "$scratch/$1" -B "$scratch/$1/build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
        -DCMAKE_CXX_COMPILER_LAUNCHER= -DCMAKE_CXX_FLAGS="$2" >"$scratch/log" 2>&1
}
build_id() {  # prints the code id that the built module carries
    "$cmake" --build "$scratch/$1/build" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; return 1; }
    grep -aoE '[0-9a-f]{64}' "$scratch/$1/build/modules/ball.so" | head -n 1
}

configure world "" || { cat "$scratch/log"; exit 1; }
first=$(build_id world)
[ ${#first} -eq 64 ] || fail "the module carries no code id"
expected=$(
    cd "$scratch/world"
    { echo "teatime code 1, semantics 1"
      for file in ball.cpp ball.h; do echo "$file $(sha256sum <$file | cut -d' ' -f1)"; done
    } | sha256sum | cut -d' ' -f1)
[ "$first" = "$expected" ] || fail "the code id is not the one that its description gives"

cp "$scratch"/world/* "$scratch/moved/deep" 2>/dev/null || true
configure moved/deep ""
[ "$(build_id moved/deep)" = "$first" ] || fail "the folder counts in the code id"

echo 'inline int radius = 2;' >"$scratch/world/ball.h"
second=$(build_id world)
[ "$second" != "$first" ] || fail "a changed header leaves the code id as it was"

echo 'inline constexpr int kSemanticsVersion = 2;' >"$scratch/module.h"
[ "$(build_id world)" != "$second" ] || fail "the engine's semantics do not count in the code id"

if configure world "-O2 -ffast-math"; then fail "-ffast-math is accepted"; fi
grep -q -- '-ffast-math makes floating point differ' "$scratch/log" || fail "-ffast-math is refused in other words"
rm -rf "$scratch"
