#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A CPU that a real-time loop keeps to itself: loading, drain, the barrier, unloading,
# and other CPUs that go and come don't wait for it, whether it has objects queued or
# not.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh
# shellcheck source=lib/hog.sh
. /tests/lib/hog.sh

dir=/sys/kernel/debug/rcu_headless
contexts=/sys/module/rcu_headless_contexts/parameters
cpus=/sys/devices/system/cpu

# Nothing that is open is sealed by itself.
load() {
	insmod /modules/rcu_headless.ko drain_delay_ms=10000 &&
		insmod /modules/rcu_headless_contexts.ko
}

unload() {
	rmmod rcu_headless_contexts && rmmod rcu_headless
}

goes_and_comes() {
	put 0 "$1" && put 1 "$1"
}

# other_cpu NAME
other_cpu() {
	if [ -w $cpus/cpu1/online ] && [ "$last" -gt 1 ]; then
		ktap_check "$1: another CPU goes and comes" returns goes_and_comes $cpus/cpu1/online
	else
		ktap_skip "$1: another CPU goes and comes" "needs CPUs that can go"
	fi
}

# held KIND WHAT [NUMBER]: with so many objects queued there
held() {
	name="$1, $2"
	ktap_need load
	put 600 $contexts/free
	if [ -n "$3" ]; then
		ktap_need hog_start "$last" "$1" $contexts/free "$3"
	else
		ktap_need hog_start "$last" "$1"
	fi
	taskset -c "$last" true &
	kept_off=$!
	ktap_need returns put drain $dir/control
	ktap_check "$name: drain frees all" nothing_pending
	other_cpu "$name"
	put 600 $contexts/free
	ktap_need returns put 1 $contexts/barrier
	ktap_check "$name: the barrier frees all" nothing_pending
	put 600 $contexts/free
	ktap_need returns unload
	ktap_need returns load
	ktap_result "$name: unloaded and loaded again" 0
	ktap_check "$name: nothing else has run there" kill -0 $kept_off
	hog_stop
	wait $kept_off
	ktap_need returns unload
}

# One that has objects of its own when the module goes.
held_at_unload() {
	ktap_need load
	ktap_need hog_start "$last" "$1" $contexts/free 600
	ktap_need returns unload
	ktap_result "$1, with objects: unloaded at once" 0
	hog_stop
}

taskset -p 1 $$ >/dev/null
last=$(($(grep -c '^processor' /proc/cpuinfo) - 1))
ktap_cpus 2 "a CPU that is held"
if hog_keeps_rcu; then
	ktap_start 1
	ktap_skip "a CPU that is held" "needs RCU_BOOST, rcutree.kthread_prio=99: RCU itself waits for the CPU"
	exit 4
fi
ktap_start 22
hogs_on
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_busy.ko
for kind in thread process; do
	held $kind "with nothing"
	held $kind "with objects" 600
	held_at_unload $kind
done
hogs_off
rmmod rcu_headless_busy
# Complains, and so fails the run, if an object is left in its cache.
rmmod rcu_headless_canary
ktap_end
