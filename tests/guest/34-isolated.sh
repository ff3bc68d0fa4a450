#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# cpus: 4
# boot: nohz_full=3 isolcpus=3 rcu_nocbs=3 tsc=reliable
# kernels: x86_64 x86_64-isolated
#
# A task on an isolated CPU frees objects and returns to user space: from then on
# nothing of ours happens on that CPU, no interrupt, timer, or work. The kernel's own
# call beside it. The kernel's watchdog of clocks, which interrupts all CPUs in turns, is
# told that there is no need.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/isolated.sh
. /tests/lib/isolated.sh

# runs_of_ours: how often our work has run on that CPU
runs_of_ours() {
	grep -c ' \[003\] .* workqueue_execute_start: .*\[rcu_headless\]' $tracing/trace
}

ktap_start 11
isolated_begin
if ! is "$(cat /sys/devices/system/cpu/nohz_full)" 3; then
	echo "Bail out! CPU 3 isn't isolated"
	exit 1
fi
isolated_checks "nohz_full"

# Work that is sent there all the same asks for grace periods on that CPU, and doesn't queue
# itself again and again to find another one.
wq=/sys/devices/virtual/workqueue/cpumask
wq_before=$(cat $wq)
ktap_need put 8 $wq
# Before the reader is there, which this waits for.
echo 0 >$tracing/trace
echo 1 >$tracing/tracing_on
reader_at 1
# Queued there, so that asking is left to the work.
taskset 8 sh -c "echo 1200 >$contexts/free"
# For a loop to show itself.
sleep 1
echo 0 >$tracing/tracing_on
runs=$(runs_of_ours)
reader_leaves
echo "# work on an isolated CPU: $runs runs"
ktap_check "work on an isolated CPU: it runs there" [ "$runs" -gt 0 ]
ktap_check "work on an isolated CPU: not in a loop" [ "$runs" -le 50 ]
ktap_check "work on an isolated CPU: all is freed" wait_for 60 nothing_pending
put "$wq_before" $wq
isolated_end
ktap_end
