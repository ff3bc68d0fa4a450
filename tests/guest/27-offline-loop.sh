#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: x86_64*
#
# CPUs go and come all the time, while the module is loaded, used on all of them, and
# unloaded with objects pending on most of them: nothing leaks, whichever steps of that
# they go between. Before that one goes with objects and stays away: a barrier, unloading
# and loading don't wait for it.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

module=/sys/module/rcu_headless_leftovers/parameters
cpus=/sys/devices/system/cpu
dir=/sys/kernel/debug/rcu_headless
lives=8

# All but the first CPU, one after the other.
go_and_come() {
	while [ ! -e /tmp/stop ]; do
		for cpu in "$cpus"/cpu[1-9]*; do
			echo 0 >"$cpu/online" && echo 1 >"$cpu/online" &&
				echo >>/tmp/offlines
		done
	done
}

# On all that are there, behind a reader that leaves again.
use_everywhere() {
	for cpu in $(seq 0 "$last"); do
		taskset -c "$cpu" sh -c "echo 300 >$module/forget; echo 0 >$module/forget" 2>/dev/null
	done
	return 0
}

# The module that queues looks the calls up by name, and stays.
live() {
	insmod /modules/rcu_headless.ko drain_delay_ms=10000 &&
		use_everywhere &&
		[ "$(stats_sum 'queued_.*')" -ge 300 ] &&
		rmmod rcu_headless
}

# leaves CPU: it goes, with objects queued
leaves() {
	taskset -c "$1" sh -c "echo 300 >$module/forget; echo 0 >$module/forget" &&
		put 0 "$cpus/cpu$1/online"
}

all_lives() {
	life=0
	while [ "$life" -lt "$lives" ]; do
		live || return 1
		life=$((life + 1))
	done
}

offlines() {
	[ "$(grep -c "" /tmp/offlines)" -ge "$1" ]
}

last=$(($(grep -c '^processor' /proc/cpuinfo) - 1))
if [ ! -w $cpus/cpu1/online ]; then
	ktap_start 1
	ktap_skip "unloaded while CPUs go" "needs CPUs that can go"
	exit 4
fi
ktap_start 9
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_leftovers.ko

ktap_need insmod /modules/rcu_headless.ko drain_delay_ms=10000
ktap_need leaves 1
ktap_check "a CPU that stays away: objects wait" [ "$(counter pending)" -ge 300 ]
ktap_need returns put drain $dir/control
ktap_check "a CPU that stays away: drain frees all" nothing_pending
ktap_need put 1 $cpus/cpu1/online
ktap_need leaves 1
ktap_check "a CPU that stays away: unloaded" returns rmmod rcu_headless
ktap_check "a CPU that stays away: loaded" returns insmod /modules/rcu_headless.ko
ktap_check "a CPU that stays away: unloaded again" returns rmmod rcu_headless
ktap_need put 1 $cpus/cpu1/online

rm -f /tmp/stop
: >/tmp/offlines
go_and_come &
ktap_check "CPUs go and come" wait_for 60 offlines 2
ktap_check "loaded, used and unloaded $lives times" all_lives
: >/tmp/stop
wait
echo "# $(grep -c "" /tmp/offlines) times a CPU has gone and come"
ktap_check "all CPUs are there" is "$(grep -c '^processor' /proc/cpuinfo)" $((last + 1))
rm -f /tmp/stop /tmp/offlines
# Its cache complains in the log if an object is left in it.
dmesg -c >/dev/null
rmmod rcu_headless_leftovers
rmmod rcu_headless_canary
ktap_check "no object has leaked" eval "! dmesg | grep -q 'Objects remaining'"
ktap_end
