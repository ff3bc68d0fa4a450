#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# insmod with each of its allocations failing in turn, by fault injection: it
# fails cleanly or not at all, and the next one succeeds.

. /tests/lib/ktap.sh

log=/tmp/load-failure

# nth N: the Nth allocation from here on fails. Tells by its exit status whether
# the module was loaded.
nth() {
	sh -c "echo $1 >/proc/self/fail-nth && exec insmod /modules/rcu_headless.ko" 2>>$log
}

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

n=0
failures=0
successes=0
status=0
: >$log
# A few successes in a row: beyond the last allocation, or faults that are borne.
while [ $successes -lt 5 ] && [ $n -lt 5000 ]; do
	n=$((n + 1))
	if nth $n; then
		successes=$((successes + 1))
		rmmod rcu_headless || status=1
	else
		successes=0
		failures=$((failures + 1))
	fi
	if ! absent; then
		echo "# left behind after failing allocation $n"
		status=1
		break
	fi
done
ktap_result "failed loads leave nothing" $status
echo "# $failures of $n loads failed"
for faults in failslab fail_page_alloc; do
	echo Y >/sys/kernel/debug/$faults/ignore-gfp-wait
done
ktap_check "some loads failed" [ $failures -gt 10 ]

ktap_check "a load after them succeeds" insmod /modules/rcu_headless.ko
rmmod rcu_headless
ktap_end
