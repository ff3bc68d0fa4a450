#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot: maxcpus=8 tsc=reliable
# cpus: 255
# kernels: x86_64 x86_64-isolated
#
# Some CPUs, and many more that there could be: what loading, a barrier and unloading do
# goes by the CPUs that have something queued. More than these eight take minutes to boot
# under emulation with all checks of the kernel: 38-scale-32 is for others.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

dir=/sys/kernel/debug/rcu_headless
contexts=/sys/module/rcu_headless_contexts/parameters
cpus=/sys/devices/system/cpu
events=/sys/kernel/tracing/events
trace=/sys/kernel/tracing/trace
lock_event=$events/lock/lock_acquire

# ours: how much of our work was queued
ours() {
	grep -cE 'workqueue_queue_work: .*(\[rcu_headless\]|workqueue=rcu_headless)' $trace
}

# work_of_barrier CPU...: how much it is with a page's worth of objects on these
work_of_barrier() {
	for cpu; do
		taskset -c "$cpu" sh -c "echo 100 >$contexts/free"
	done
	echo 0 >$trace
	put drain $dir/control && ours
}

ktap_start 11
echo "# possible $(cat $cpus/possible), online $(cat $cpus/online)"
online=$(grep -c '^processor' /proc/cpuinfo)
ktap_check "all that were asked for are online" \
	is "$online" "$(sed 's/.*maxcpus=\([0-9]*\).*/\1/' /proc/cmdline)"
ktap_check "many more are possible" is "$(cat $cpus/possible)" 0-254
# Nothing is sealed before the barrier.
ktap_need returns insmod /modules/rcu_headless.ko drain_delay_ms=10000 spares=3
ktap_check "loading allocates for CPUs that are there" \
	[ "$(counter pages_allocated)" -le $((3 * online)) ]
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_contexts.ko
echo 4096 >/sys/kernel/tracing/buffer_size_kb
echo 1 >$events/workqueue/workqueue_queue_work/enable
ktap_check "a barrier does nothing for nothing" is "$(work_of_barrier)" 0
one=$(work_of_barrier 5)
four=$(work_of_barrier 1 3 5 7)
echo "# works: $one for one CPU, $four for four"
ktap_check "some work for one CPU" [ "$one" -gt 0 ]
ktap_check "not more than a few" [ "$one" -le 4 ]
ktap_check "no more for each of four" [ "$four" -le 16 ]
echo 0 >$events/workqueue/workqueue_queue_work/enable
ktap_check "all is freed" nothing_pending

work_of_barrier 1 3 5 7 >/dev/null
for cpu in $(seq 0 $((online - 1))); do
	taskset -c "$cpu" sh -c "echo 10 >$contexts/free"
done
# rcu_barrier() takes a mutex, and calls a function on each CPU that has callbacks, once.
echo 0 >$trace
ktap_need put 1 $events/csd/enable
if [ -d $lock_event ]; then
	ktap_need put 'name == "rcu_state.barrier_mutex"' $lock_event/filter
	ktap_need put 1 $lock_event/enable
fi
ktap_need grep -q ' rcu_barrier_handler$' /proc/kallsyms
ktap_need returns rmmod rcu_headless_contexts
ktap_need returns rmmod rcu_headless
echo 0 >$events/csd/enable
if [ -d $lock_event ]; then
	echo 0 >$lock_event/enable
	echo 0 >$lock_event/filter
	ktap_check "unloading calls rcu_barrier() once" is "$(grep -c lock_acquire: $trace)" 1
else
	ktap_skip "unloading calls rcu_barrier() once" "needs CONFIG_LOCKDEP"
fi
handlers=$(grep -cE 'csd_function_entry: .*rcu_barrier_handler' $trace)
echo "# rcu_barrier() called $handlers times on CPUs"
ktap_check "unloading waits for RCU's callbacks" [ "$handlers" -gt 0 ]
ktap_check "once on each CPU" [ "$handlers" -le "$online" ]
echo 0 >$trace
echo 1 >/sys/kernel/tracing/buffer_size_kb
rmmod rcu_headless_canary
ktap_end
