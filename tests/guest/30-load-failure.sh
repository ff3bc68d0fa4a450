#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Loading the module with each of its allocations failing in turn, by fault
# injection: it is loaded whole or not at all, and the next load succeeds.

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

module=/modules/rcu_headless.ko

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

# The module loader's own vmalloc() complains when it is its turn.
# So do its trace events, though what fails is handled.
echo "rcu_headless-test: expect vmalloc error|WARNING: at event_define_fields" >/dev/kmsg
n=0
failures=0
status=0
while [ $status -eq 0 ]; do
	n=$((n + 1))
	/tests/load-failing $module $n
	case $? in
	0)
		# No allocation is left to fail: this was an ordinary load.
		rmmod rcu_headless || status=1
		break
		;;
	1) rmmod rcu_headless || status=1 ;;
	2) failures=$((failures + 1)) ;;
	*) status=1 ;;
	esac
	if ! absent; then
		echo "# something is left after failing allocation $n"
		status=1
	fi
done
echo "rcu_headless-test: expect-end" >/dev/kmsg
ktap_result "failed loads leave nothing" $status
echo "# $failures of $n loads failed"

for faults in failslab fail_page_alloc; do
	echo Y >/sys/kernel/debug/$faults/ignore-gfp-wait
done
ktap_check "some loads failed" [ $failures -gt 10 ]

ktap_check "a load after them succeeds" insmod $module
rmmod rcu_headless
ktap_end
