#!/usr/bin/env bash
# Sets up, builds, and runs all tests through CTest. Logs are in build/log.
# The last line is always `N passed, N failed`, `, N skipped` may follow; the lines before it say
# what was skipped and why. Labels of tests (teatime_test() in CMake):
#   threads            also run under the thread sanitizer by --full
#   house interop bench full release   only in the release build, `bench` and `full` only by --full
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tests/setup.sh

usage() {
    cat <<'TEXT'
Usage: bash tests/run.sh [--full] [--yes] [--no-install]

Sets up, builds and runs the tests: 4 to 12 minutes on two cores, by how fast they are.

  --full        also: what is tried at random many more times, benchmarks against their floors,
                libraries and simulation under the address and undefined behaviour sanitizers,
                threaded tests under the thread sanitizer, an installed package used from
                outside; 13 to 35 minutes
TEXT
    setup_help
}

full=no benches=OFF
for option in "$@"; do
    case $option in
        --full) full=yes benches=ON ;;
        --help | -h) usage; exit 0 ;;
        *) setup_option "$option" || { complain "Unknown option: $option"; usage >&2; exit 2; } ;;
    esac
done

passed=0 failed=0 finished=no
fixed_addresses=()
skips=()   # "name: reason"
broken=()  # "stage: what failed"

summary() {
    [ $finished = yes ] || { failed=$((failed + 1)); broken+=("the run ended before its tests"); }
    local line
    for line in "${broken[@]}"; do echo "FAILED $line"; done
    for line in "${skips[@]}"; do echo "SKIPPED $line"; done
    line="$passed passed, $failed failed"
    [ ${#skips[@]} -eq 0 ] || line+=", ${#skips[@]} skipped"
    echo "$line"
}
trap summary EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# build <preset> [target]: a build that fails counts as one failed test, its tests are not run.
build() {
    local preset=$1 target=${2:-all} log=$1-configure.log
    if step "configuring $preset" "$log" cmake --preset "$preset" \
        -DTEATIME_TESTS=ON -DTEATIME_BENCHES=$benches; then
        log=$preset-build.log
        step "building $preset" "$log" \
            cmake --build "build/$preset" --target "$target" && return
    fi
    failed=$((failed + 1))
    broken+=("$preset: does not build, see build/log/$log")
    return 1
}

# test_stage <preset> <at a time> <CTest options>: runs the tests and adds what CTest reports to the
# totals.
test_stage() {
    local preset=$1 at_a_time=$2 report=$PWD/build/log/$1-tests.xml code=0 kind name reason bad=0
    shift 2
    rm -f "$report"
    step_tail=60 step "testing $preset" "$preset-tests.log" \
        "${fixed_addresses[@]}" ctest --test-dir "build/$preset" --output-on-failure --parallel "$at_a_time" \
        --timeout 300 --no-tests=error --output-junit "$report" "$@" || code=$?
    while IFS=$'\t' read -r kind name reason; do
        case $kind in
            passed) passed=$((passed + 1)) ;;
            skipped) skips+=("$preset: $name: $reason") ;;
            failed) failed=$((failed + 1)); bad=$((bad + 1)); broken+=("$preset: $name") ;;
        esac
    done <<<"$(read_report "$report")"
    if [ $code -ne 0 ] && [ $bad -eq 0 ]; then
        failed=$((failed + 1))
        broken+=("$preset: CTest ended with $code, see build/log/$preset-tests.log")
    fi
}

# CTest's JUnit report as lines `passed|skipped|failed <tab> name <tab> reason`. Only a test that
# asked for it (exit code 77) is skipped; one that CTest could not start has failed. The reason is
# the test's last line of output that begins with `SKIP`.
read_report() {
    [ -r "$1" ] || return 0
    awk '
        function attribute(name,   at) {
            at = index($0, " " name "=\"")
            if (!at) return ""
            rest = substr($0, at + length(name) + 3)
            return substr(rest, 1, index(rest, "\"") - 1)
        }
        /<testcase /  { name = attribute("name"); kind = attribute("status") == "run" ? "passed" : "failed"; reason = "" }
        /<skipped message="SKIP_RETURN_CODE/ { kind = "skipped" }
        /SKIP/        { if (kind == "skipped" && match($0, /SKIP[A-Z]*:? .*/)) { reason = substr($0, RSTART); sub(/^SKIP[A-Z]*:? */, "", reason) } }
        /<\/testcase>/ { gsub(/&lt;/, "<", reason); gsub(/&gt;/, ">", reason); gsub(/&quot;/, "\"", reason)
                         gsub(/&amp;/, "\\&", reason); print kind "\t" name "\t" reason }
    ' "$1"
}

export QT_QPA_PLATFORM=${QT_QPA_PLATFORM-offscreen}
export ASAN_OPTIONS=${ASAN_OPTIONS-detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS-print_stacktrace=1}
export QTEST_FUNCTION_TIMEOUT=900000  # ms; sanitizers take eight times as long

steps_total=5
[ $full = no ] || steps_total=11
setup_packages test

unset TEATIME_NODE  # set below, and only where the packages are there
release_only='house|interop|bench|full|release'
left_out=()
[ $full = yes ] || left_out+=(full)
if step "fetching packages of Node" node.log setup_node; then
    export TEATIME_NODE=$PWD/build/node
else
    left_out+=(interop)
fi

[ $full = no ] || export TEATIME_THOROUGH=1
if build release; then
    exclude=$(IFS='|'; echo "${left_out[*]}")
    # Four on two cores: many of these wait, for servers and clocks.
    test_stage release 4 ${exclude:+-LE "^($exclude)$"}
fi
unset TEATIME_THOROUGH  # sanitizers take ten times as long
if [ $full = yes ]; then
    if build asan qt_tests; then test_stage asan 2 -LE "^($release_only)$"; fi
    # The thread sanitizer of gcc 12 dies where a kernel scatters addresses wider than Debian 12's.
    if setarch -R true 2>/dev/null; then fixed_addresses=(setarch -R); fi
    if build tsan threaded_tests; then test_stage tsan 2 -L '^threads$'; fi
fi

# Last, so that nobody overlooks it.
[ -n "${TEATIME_NODE-}" ] || skips+=("tests/interop (unmodified Croquet clients, MCAP's reader): $(tail -n 1 $log_folder/node.log)")
finished=yes
[ $failed -eq 0 ]
