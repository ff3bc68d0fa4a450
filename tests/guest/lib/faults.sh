# SPDX-License-Identifier: GPL-2.0
#
# Sets the kernel's fault injection up for tests that ask for it.
# shellcheck shell=sh

page_faults=/sys/kernel/debug/fail_page_alloc
slab_faults=/sys/kernel/debug/failslab

faults_on() {
	if [ -d $page_faults ]; then
		# Only in tasks that ask, there of any order, and what could reclaim as well.
		echo Y >$page_faults/task-filter
		echo N >$page_faults/ignore-gfp-wait
		echo 0 >$page_faults/min-order
		echo 0 >$page_faults/verbose
		echo -1 >$page_faults/times
		echo 100 >$page_faults/probability
	fi
	if [ -d $slab_faults ]; then
		# Only the one allocation that a task asks for, which could reclaim.
		echo N >$slab_faults/ignore-gfp-wait
		echo 0 >$slab_faults/verbose
	fi
}

faults_off() {
	[ ! -d $page_faults ] || echo 0 >$page_faults/probability
	[ ! -d $slab_faults ] || echo Y >$slab_faults/ignore-gfp-wait
}

# workers_fail 1|0
workers_fail() {
	for process in /proc/[0-9]*; do
		case $(cat "$process/comm" 2>/dev/null) in
		kworker/*) echo "$1" >"$process/make-it-fail" ;;
		esac
	done
}

is_uml() {
	grep -q "User Mode Linux" /proc/cpuinfo
}

# For who asks for it and for all workers; three of ten, so that some of it still comes
# about. User-mode Linux itself doesn't survive it when a process gets no page: there
# all those that may not wait fail.
pages_fail() {
	workers_fail 1
	faults_on
	if is_uml; then
		echo Y >$page_faults/ignore-gfp-wait
	else
		echo 30 >$page_faults/probability
	fi
}

pages_come_again() {
	faults_off
	workers_fail 0
}
