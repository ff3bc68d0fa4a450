#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Loading the module with each allocation of its own failing in turn, by fault
# injection: it is loaded whole or not at all, and the next load succeeds.

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

module=/modules/rcu_headless.ko
tracing=/sys/kernel/tracing
# Each spare page is another allocation like the one before.
parameters=spares=3

absent() {
	! grep -q '^rcu_headless ' /proc/modules &&
		[ ! -d /sys/kernel/debug/rcu_headless ] &&
		[ ! -d /sys/module/rcu_headless ]
}

ktap_start 3
ktap_need absent

if [ ! -d /sys/kernel/debug/failslab ] ||
	[ ! -d /sys/kernel/debug/fail_page_alloc ]; then
	ktap_skip "failed loads leave nothing" "needs FAILSLAB, FAIL_PAGE_ALLOC"
	ktap_skip "some loads failed" "needs FAILSLAB, FAIL_PAGE_ALLOC"
	ktap_skip "a load after them succeeds" "needs FAILSLAB, FAIL_PAGE_ALLOC"
	exit 4
fi

# Let allocations fail that could reclaim, as nearly all of a load can.
for faults in failslab fail_page_alloc; do
	echo N >/sys/kernel/debug/$faults/ignore-gfp-wait
	echo 0 >/sys/kernel/debug/$faults/verbose
done
echo 0 >/sys/kernel/debug/fail_page_alloc/min-order

# The kernel's own debugging does without what it doesn't get.
for cache in /sys/kernel/slab/*; do
	case $cache in
	*/debug_objects_cache | */kmemleak_*) echo 0 >"$cache"/failslab ;;
	*) echo 1 >"$cache"/failslab ;;
	esac
done
echo Y >/sys/kernel/debug/failslab/cache-filter

# Loads the module with its nth allocation failing, and unloads it: status as that of
# load-failing, or 3 if something is left.
load() {
	/tests/load-failing $module "$1" "$parameters"
	loaded=$?
	[ $loaded -gt 1 ] || rmmod rcu_headless || return 3
	if ! absent; then
		echo "# something is left after failing allocation $1"
		return 3
	fi
	return $loaded
}

# Whether a load comes to the module's own code before the nth allocation. That can't
# be told where a failure goes unnoticed, so the next is looked at then.
comes_to_init() {
	at=$1
	while :; do
		echo 0 >$tracing/trace
		load "$at"
		case $? in
		0 | 2) break ;;
		1) at=$((at + 1)) ;;
		*)
			status=1
			break
			;;
		esac
	done
	grep -q ' initcall_start: ' $tracing/trace
}

# The first allocation after those of the module loader, as far as can be told.
first_of_ours() {
	low=0 high=1
	[ -d $tracing/events/initcall ] || return
	echo 1 >$tracing/events/initcall/initcall_start/enable
	until comes_to_init $high || [ $status -ne 0 ]; do
		low=$at
		high=$((at * 2))
	done
	while [ $((high - low)) -gt 1 ]; do
		middle=$(((low + high) / 2))
		if comes_to_init $middle; then
			high=$middle
		else
			low=$at
		fi
	done
	echo 0 >$tracing/events/initcall/initcall_start/enable
	echo 0 >$tracing/trace
}

# The module loader's own vmalloc() complains when it is its turn.
# So do its trace events, though what fails is handled; 7.2's when the module goes.
echo "rcu_headless-test: allow vmalloc error|WARNING: at event_(define_fields|file_put)" >/dev/kmsg
failures=0
status=0
first_of_ours
n=$high
while [ $status -eq 0 ]; do
	load $n
	case $? in
	# No allocation is left to fail: this was an ordinary load.
	0) break ;;
	1) ;;
	2) failures=$((failures + 1)) ;;
	*) status=1 ;;
	esac
	n=$((n + ${load_step:-1}))
done
echo "rcu_headless-test: expect-end" >/dev/kmsg
ktap_result "failed loads leave nothing" $status
echo "# $failures loads failed, from allocation $high on"

echo N >/sys/kernel/debug/failslab/cache-filter
for faults in failslab fail_page_alloc; do
	echo Y >/sys/kernel/debug/$faults/ignore-gfp-wait
done
ktap_check "some loads failed" [ $failures -gt 10 ]

ktap_check "a load after them succeeds" insmod $module
rmmod rcu_headless
ktap_end
