#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/test.sh   (make test)
#
# Runs all tests on each test kernel: user-mode Linux, and x86_64 in QEMU. Prints
# KTAP for each, then one line: N passed, N failed, N skipped. What a kernel logs
# that looks wrong is a failure too.
#
#   KERNELS="um x86_64"   which kernels, of scripts/build/kernels/flavours;
#                         um@1 has one CPU
#   TESTS="10-kunit ..."  only these of tests/guest
#   SECONDS_MAX=n         when a kernel hangs (default: 300 for um, 1200 for others)
#   DEPS=skip             install nothing
#   JOBS=n                how many compilers to run at once
#   ACCEL=kvm|tcg         don't find out whether KVM works
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
help_if_asked "$@"

kernels=${KERNELS:-um x86_64}
tests=${TESTS-}
export APPEND="${tests:+only=${tests// /,}} ${GUEST_WORDS-}"
logs=$(log_dir test)

"$top/scripts/build/deps.sh" test

# check NUMBER NAME FILE: a failure if there is anything in the file
check() {
	if [ -s "$3" ]; then
		head -n 40 "$3" | sed 's/^/# /'
		echo "not ok $1 $2"
	else
		echo "ok $1 $2"
	fi
}

# One KTAP document: what the guest says, and what is said about it.
report() {
	local dir=$1
	echo "KTAP version 1"
	echo "1..3"
	# Also ends a last line that was cut off in the middle.
	awk '{ print "    " $0 }' "$dir/results"
	# All that it planned has passed, and it had something planned.
	if grep -qx "1\.\.$(grep -c '^ok ' "$dir/results")" "$dir/results"; then
		echo "ok 1 guest"
	else
		echo "not ok 1 guest"
	fi
	if [ "$(cat "$dir/end")" = "done" ]; then
		: >"$dir/unfinished"
	else
		{
			cat "$dir/end"
			echo "the last lines of $dir/kernel.log:"
			tail -n 30 "$dir/kernel.log"
		} >"$dir/unfinished"
	fi
	check 2 "the kernel came to its end" "$dir/unfinished"
	awk -f "$top/scripts/vm/splats.awk" "$dir/kernel.log" >"$dir/splats" ||
		[ -s "$dir/splats" ] || echo "the log can't be read" >"$dir/splats"
	check 3 "nothing wrong in the kernel log" "$dir/splats"
}

# What a person needs who has no more than the end of the output: which tests failed,
# and the first complaint of the kernel with what KUnit had said before it.
explain() {
	local dir=$1 at
	say "What failed (all of it is in $dir):"
	grep -E "^ *not ok " "$dir/ktap" | head -n 20 || true
	[ -s "$dir/splats" ] || return 0
	at=$(grep -nF -m 1 -e "$(head -n 1 "$dir/splats")" "$dir/kernel.log" | cut -d : -f 1) || true
	say "The kernel's first complaint, line ${at:=1} of kernel.log:"
	head -n "$at" "$dir/kernel.log" | grep -E '# |ok [0-9]|rcu_headless-test:' | tail -n 3 || true
	tail -n "+$at" "$dir/kernel.log" | sed -n 1,40p
}

passed=0 failed=0 skipped=0 wrong=()
# number NAME JSON: one of the counts of the kernel's own parser of KTAP
number() {
	sed -n "s/^ *\"$1\": \([0-9]*\),\{0,1\}$/\1/p" "$2" | tail -n 1
}

for kernel in $kernels; do
	# A name may have a number of CPUs behind it.
	flavour=${kernel%@*}
	cpus=${kernel#"$flavour"}
	export CPUS=${cpus#@}
	kdir=$("$top/scripts/build/kernel.sh" "$flavour")
	initramfs=$("$top/scripts/build/tests.sh" "$kdir" "$flavour")
	dir=$logs/$kernel
	mkdir -p "$dir"
	[ "$flavour" = um ] && limit=300 || limit=1200
	limit=${SECONDS_MAX:-$limit}
	say "Testing on $kernel (results and kernel log: $dir)"
	start=$SECONDS
	"$top/scripts/vm/boot.sh" "$flavour" "$kdir" "$initramfs" test "$dir" "$limit" || true
	say "$kernel: $(cat "$dir/end") after $((SECONDS - start)) s"
	report "$dir" | tee "$dir/ktap"

	source=$("$top/scripts/build/fetch.sh")
	python3 "$source/tools/testing/kunit/kunit.py" parse --json="$dir/counts.json" \
		"$dir/ktap" >"$dir/parsed" || true
	if [ ! -s "$dir/counts.json" ]; then
		say "The results can't be read; see $dir/parsed"
		failed=$((failed + 1))
		continue
	fi
	passed=$((passed + $(number passed "$dir/counts.json")))
	skipped=$((skipped + $(number skipped "$dir/counts.json")))
	bad=$(($(number failed "$dir/counts.json") + $(number crashed "$dir/counts.json")))
	# A test that's missing is crashed, and an error or two besides: counted once.
	[ $bad -gt 0 ] || bad=$(number errors "$dir/counts.json")
	failed=$((failed + bad))
	[ "$bad" -eq 0 ] || wrong+=("$dir")
done

for dir in ${wrong[@]+"${wrong[@]}"}; do
	explain "$dir"
done

[ -n "${KERNELS-}" ] || say "Only 'make torture' covers data races (x86_64-kcsan)," \
	"PREEMPT_RT (x86_64-rt), one CPU and eight (x86_64-plain@1, x86_64-plain@8)"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
