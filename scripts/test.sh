#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/test.sh   (make test)
#
# Runs all tests on each test kernel: user-mode Linux, and x86_64 or others in QEMU. Prints
# KTAP for each, then one line: N passed, N failed, N skipped. What a kernel logs
# that looks wrong is a failure too. A kernel is booted once, and once more for each
# kind of boot that scripts of tests/guest ask for (scripts/lib/boots.sh).
#
#   KERNELS="um x86_64"   which kernels, of scripts/build/kernels/flavours;
#                         um@1 has one CPU, um-7.2 is of that series of Linux,
#                         debian, debian-rt, debian-cloud, debian-arm64 and
#                         debian-arm64-16k are Debian's own
#   TESTS="10-kunit ..."  only these of tests/guest
#   SECONDS_MAX=n         when a boot hangs (default: 600 for um, 2400 for others)
#   DEPS=skip             install nothing
#   JOBS=n                how many compilers to run at once
#   ACCEL=kvm|tcg         don't find out whether KVM works
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=lib/boots.sh
. "$top/scripts/lib/boots.sh"
help_if_asked "$@"
no_arguments "$@"

kernels=${KERNELS:-um x86_64}
if [ -n "${TESTS-}" ]; then
	read -ra tests <<<"$TESTS"
else
	mapfile -t tests < <(all_scripts)
fi
for test in "${tests[@]}"; do
	[ -f "$top/tests/guest/$test.sh" ] || die "no such test: $test" "ls tests/guest"
done
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

# results_of BOOT-DIR NR SCRIPT...: what these said in that boot, numbered from NR on;
# the results of those that it didn't come to, too
results_of() {
	local dir=$1 nr=$2
	shift 2
	# Also ends a last line that was cut off in the middle.
	awk -v nr="$nr" -v names="$*" '
		BEGIN { count = split(names, name, " ") }
		/^KTAP version/ || /^1\.\.[0-9]+$/ { next }
		match($0, /^(not )?ok [0-9]+ /) {
			sub(/ok [0-9]+ /, "ok " nr++ " ")
			done++
		}
		{ print }
		END {
			while (done < count)
				print "not ok " nr++ " " name[++done] ".sh # not run to its end"
		}' "$dir/results"
}

# boot_all FLAVOUR KDIR INITRAMFS LIMIT: each boot in a folder of its own, the one that is
# as always in the one of the kernel; puts all folders in ${booted[@]}
boot_all() {
	local boot asked scripts script dir nr=1
	booted=()
	{
		echo "KTAP version 1"
		echo "1..${#tests[@]}"
	} >"$kernel_dir/merged"
	for boot in ${boots[@]+"${boots[@]}"}; do
		read -ra scripts <<<"${scripts_of[$boot]}"
		IFS='|' read -r -a asked <<<"$boot|"
		dir=$kernel_dir
		if [ "$boot" != "$usual_boot" ]; then
			dir=$kernel_dir/${scripts[0]}
			say "Booting for ${scripts[*]}: cpus=${asked[0]:-as always} ${asked[*]:2}"
		fi
		booted+=("$dir")
		# What a script asks for is what it needs.
		CPUS=${asked[0]:-$cpus} ICOUNT=${asked[1]} \
			QEMU_MACHINE=${asked[2]} QEMU_CPU=${asked[3]} \
			APPEND="only=$(IFS=, && echo "${scripts[*]}") ${asked[4]} ${GUEST_WORDS-}" \
			"$top/scripts/vm/boot.sh" "$1" "$2" "$3" test "$dir" "$4" || true
		results_of "$dir" "$nr" "${scripts[@]}" >>"$kernel_dir/merged"
		nr=$((nr + ${#scripts[@]}))
	done
	for script in ${unfit[@]+"${unfit[@]}"}; do
		echo "ok $((nr++)) $script.sh # SKIP only for $(asks "$script" kernels)" \
			>>"$kernel_dir/merged"
	done
}

# One KTAP document: what the guest says in all boots, and what is said about it.
report() {
	local dir
	echo "KTAP version 1"
	echo "1..3"
	awk '{ print "    " $0 }' "$kernel_dir/merged"
	# All that it planned has passed, and it had something planned.
	if grep -qx "1\.\.$(grep -c '^ok ' "$kernel_dir/merged")" "$kernel_dir/merged"; then
		echo "ok 1 guest"
	else
		echo "not ok 1 guest"
	fi
	: >"$kernel_dir/unfinished"
	: >"$kernel_dir/splats"
	for dir in ${booted[@]+"${booted[@]}"}; do
		if [ "$(cat "$dir/end")" != "done" ]; then
			cat "$dir/end"
			echo "the last lines of $dir/kernel.log:"
			tail -n 30 "$dir/kernel.log"
		fi >>"$kernel_dir/unfinished"
		wrong_in "$dir" >>"$kernel_dir/splats"
	done
	check 2 "the kernel came to its end" "$kernel_dir/unfinished"
	check 3 "nothing wrong in the kernel log" "$kernel_dir/splats"
}

# wrong_in BOOT-DIR: the kernel's complaints
wrong_in() {
	local said status=0
	said=$(awk -f "$top/scripts/vm/splats.awk" "$1/kernel.log") || status=$?
	[ $status -eq 0 ] || echo "${said:-the log is unreadable}"
}

# What a person needs who has no more than the end of the output: which tests failed,
# and the first complaint of the kernel with what KUnit had said before it.
explain() {
	local dir=$1 log first at
	say "What failed (all of it is in $dir):"
	grep -E "^ *not ok " "$dir/ktap" | head -n 20 || true
	first=$(head -n 1 "$dir/splats")
	[ -n "$first" ] || return 0
	log=$(grep -lF -r --include=kernel.log -e "$first" "$dir" | sort | head -n 1) || true
	[ -n "$log" ] || return 0
	at=$(grep -nF -m 1 -e "$first" "$log" | cut -d : -f 1)
	say "The kernel's first complaint, line $at of $log:"
	head -n "$at" "$log" | grep -E '# |ok [0-9]|rcu_headless-test:' | tail -n 3 || true
	tail -n "+$at" "$log" | sed -n 1,40p
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
	cpus=${cpus#@}
	kdir=$("$top/scripts/build/kernel.sh" "$flavour")
	# With Debian's compilers.
	inside=()
	[[ $flavour != debian* ]] || inside=("$top/scripts/debian/chroot.sh")
	initramfs=$("${inside[@]}" "$top/scripts/build/tests.sh" "$kdir" "$flavour")
	kernel_dir=$logs/$kernel
	mkdir -p "$kernel_dir"
	[ "$flavour" = um ] && limit=600 || limit=2400
	limit=${SECONDS_MAX:-$limit}
	plan_boots "$flavour" "${tests[@]}"
	say "Testing on $kernel (results and kernel log: $kernel_dir)"
	start=$SECONDS
	boot_all "$flavour" "$kdir" "$initramfs" "$limit"
	say "$kernel: ${#booted[@]} boots, $((SECONDS - start)) s"
	report | tee "$kernel_dir/ktap"

	source=$("$top/scripts/build/fetch.sh")
	python3 "$source/tools/testing/kunit/kunit.py" parse --json="$kernel_dir/counts.json" \
		"$kernel_dir/ktap" >"$kernel_dir/parsed" || true
	if [ ! -s "$kernel_dir/counts.json" ]; then
		say "The results can't be read; see $kernel_dir/parsed"
		failed=$((failed + 1))
		continue
	fi
	passed=$((passed + $(number passed "$kernel_dir/counts.json")))
	skipped=$((skipped + $(number skipped "$kernel_dir/counts.json")))
	bad=$(($(number failed "$kernel_dir/counts.json") + $(number crashed "$kernel_dir/counts.json")))
	# A test that's missing is crashed, and an error or two besides: counted once.
	[ $bad -gt 0 ] || bad=$(number errors "$kernel_dir/counts.json")
	failed=$((failed + bad))
	[ "$bad" -eq 0 ] || wrong+=("$kernel_dir")
done

for dir in ${wrong[@]+"${wrong[@]}"}; do
	explain "$dir"
done

[ -n "${KERNELS-}" ] || say "Only 'make torture' covers data races (x86_64-kcsan)," \
	"PREEMPT_RT (x86_64-rt), one CPU and eight (x86_64-plain@1, x86_64-plain@8)"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
