#!/usr/bin/env bash
# run_test.sh <source folder> <scratch folder>: the counts and refusals of tests/run.sh, with CMake,
# CTest, Node, dpkg and apt-get played by small scripts.
set -euo pipefail
source=$1 scratch=$2
rm -rf "$scratch"
mkdir -p "$scratch/tree/tests" "$scratch/bin"
cp "$source"/tests/{run,setup}.sh "$scratch/tree/tests"
cd "$scratch/tree"

fail() { echo "$*"; echo "--- it said:"; cat "$scratch/said"; exit 1; }
play() { cat >"$scratch/bin/$1"; chmod +x "$scratch/bin/$1"; }
run() {  # run <options>: exit code in `code`, output in said, its last line in `last`
    code=0
    PATH=$scratch/bin:$PATH bash tests/run.sh "$@" </dev/null >"$scratch/said" 2>&1 || code=$?
    last=$(tail -n 1 "$scratch/said")
}

# CTest writes the report that is in $scratch/report and ends with the code in $scratch/code.
play ctest <<TEXT
#!/usr/bin/env bash
while [ \$# -gt 0 ]; do [ "\$1" = --output-junit ] && cp "$scratch/report" "\$2"; shift; done
exit \$(cat "$scratch/code")
TEXT
play cmake <<<"exit \$(cat '$scratch/build_code')"
play npm <<<'exit 1'
play node <<<'exit 0'
play dpkg-query <<'TEXT'
#!/usr/bin/env bash
shift 3
for package in "$@"; do echo "installed $package"; done
TEXT
echo 0 >"$scratch/code"
echo 0 >"$scratch/build_code"
report() {
    { echo '<?xml version="1.0" encoding="UTF-8"?>'
      echo '<testsuite name="Linux" tests="3" failures="0" disabled="0" skipped="0" time="1">'
      cat
      echo '</testsuite>'; } >"$scratch/report"
}
# shellcheck disable=SC1091
[ -r /etc/os-release ] && . /etc/os-release
[ "${ID-} ${VERSION_ID-}" = "debian 12" ] || { echo "SKIP: not on Debian 12"; exit 77; }

report <<'TEXT'
	<testcase name="a" classname="a" time="0.1" status="run">
		<system-out>SKIP is only a word here</system-out>
	</testcase>
TEXT
run --no-install
[ "$last" = "1 passed, 0 failed, 1 skipped" ] || fail "counts of a good run: $last"
[ $code -eq 0 ] || fail "a good run ended with $code"
[[ $(tail -n 2 "$scratch/said") == SKIPPED*interop*npm* ]] || fail "the interop skip is not the last but one line"

report <<'TEXT'
	<testcase name="a" classname="a" time="0.1" status="run"/>
	<testcase name="b" classname="b" time="0.1" status="fail">
		<failure message=""/>
	</testcase>
	<testcase name="c" classname="c" time="0" status="notrun">
		<skipped message="SKIP_RETURN_CODE=77"/>
		<system-out>SKIP: no &lt;such&gt; device &amp; more
</system-out>
	</testcase>
	<testcase name="d" classname="d" time="0" status="notrun">
		<skipped message="Unable to find executable"/>
	</testcase>
TEXT
sed -i 's|status="run"/>|status="run">\n\t</testcase>|' "$scratch/report"
echo 8 >"$scratch/code"
run --no-install
[ "$last" = "1 passed, 2 failed, 2 skipped" ] || fail "counts of a bad run: $last"
[ $code -eq 1 ] || fail "a bad run ended with $code"
grep -q '^SKIPPED release: c: no <such> device & more$' "$scratch/said" || fail "the reason of a skip is not shown"
grep -q '^FAILED release: d$' "$scratch/said" || fail "a test that could not start is not named"

: >"$scratch/report"
run --no-install
[ "$last" = "0 passed, 1 failed, 1 skipped" ] || fail "CTest failed without a report: $last"

echo 1 >"$scratch/build_code"
run --no-install
[ "$last" = "0 passed, 1 failed, 1 skipped" ] || fail "a build that fails: $last"
grep -q '^FAILED release: .* see build/log/release-configure.log' "$scratch/said" || fail "the log is not named"

play dpkg-query <<<'exit 1'
run --no-install
[ $code -eq 1 ] || fail "missing packages and --no-install ended with $code"
grep -q '^Missing Debian packages: g++ cmake ' "$scratch/said" || fail "missing packages are not named"

play apt-get <<TEXT
#!/usr/bin/env bash
echo "\$*" >>"$scratch/apt"
echo "Remv libboost1.74-dev [1.74.0]"
TEXT
run --yes
[ $code -eq 1 ] || fail "a removal ended with $code"
grep -q 'apt would have to remove libboost1.74-dev' "$scratch/said" || fail "what would be removed is not named"
if grep -qvE '^-s ' "$scratch/apt"; then fail "apt-get was called for more than a simulation"; fi
[ "$last" = "0 passed, 1 failed" ] || fail "last line after a refusal: $last"

run --nonsense
[ $code -eq 2 ] || fail "an unknown option ended with $code"
cd /
rm -rf "$scratch"
