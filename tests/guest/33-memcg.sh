#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Objects that are charged to a memory cgroup, freed as fast as they are made, ten times
# as much as its limit: what waits is freed before the group has to go without memory. A
# reader keeps that from happening until the task is held back, or is out of memory. The
# kernel's own call beside it, without a reader.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

contexts=/sys/module/rcu_headless_contexts/parameters
cgroups=/sys/fs/cgroup
# Of 8 KiB each: ten times the limit.
objects=20000

# cgroup_new NAME
cgroup_new() {
	mkdir "$cgroups/$1" && echo 16M >"$cgroups/$1/memory.max"
}

# in_cgroup NAME FILE READER: makes and frees them by a task in the cgroup, after there is
# a reader on that CPU, or none (-1)
in_cgroup() {
	# To go into the cgroup takes a grace period, so that the reader comes after that.
	sh -c "echo \$\$ >$cgroups/$1/cgroup.procs && echo $3 >$reader &&
		echo $objects >$contexts/$2"
	in_cgroup_status=$?
	echo "# $2: $(tr '\n' ' ' <"$cgroups/$1/memory.events")"
	return $in_cgroup_status
}

# event NAME EVENT: how often
event() {
	sed -n "s/^$2 //p" "$cgroups/$1/memory.events"
}

# ours_waits: whether the task waits, for memory or for a grace period
ours_waits() {
	[ "$(counter held_back)" -gt 0 ] || [ "$(event ours oom)" -gt 0 ]
}

reader=/sys/module/rcu_headless_busy/parameters/reader
last=$(($(grep -c '^processor' /proc/cpuinfo) - 1))

ktap_start 6
mount -t cgroup2 none $cgroups
if ! echo +memory >$cgroups/cgroup.subtree_control; then
	for nr in 1 2 3 4 5 6; do
		ktap_skip "memcg: $nr of 6" "needs CONFIG_MEMCG"
	done
	umount $cgroups
	exit 4
fi
ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_contexts.ko
ktap_need insmod /modules/rcu_headless_busy.ko
ktap_need cgroup_new ours
ktap_need cgroup_new theirs
trap reader_leaves EXIT
in_cgroup ours charged "$last" &
task=$!
ktap_check "memcg: the task is held back" wait_for 60 ours_waits
reader_leaves
ktap_check "memcg: all objects are made" wait $task
ktap_check "memcg: no allocation fails" is "$(cat $contexts/charged_failed)" 0
ktap_check "memcg: it never has to go without memory" is "$(event ours oom)" 0
ktap_check "memcg: nobody is killed" is "$(event ours oom_kill)" 0
in_cgroup theirs charged_mightsleep -1
echo "# kvfree_rcu_mightsleep(): $(cat $contexts/charged_failed) allocations failed"
put drain /sys/kernel/debug/rcu_headless/control
ktap_check "memcg: all is freed" nothing_pending
rmdir $cgroups/ours $cgroups/theirs
echo -memory >$cgroups/cgroup.subtree_control
umount $cgroups
rmmod rcu_headless_busy
rmmod rcu_headless_contexts
rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
