#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Objects that are charged to a memory cgroup, freed as fast as they are made, ten times
# as much as its limit: what waits is freed before the group has to go without memory.
# The kernel's own call beside it.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

contexts=/sys/module/rcu_headless_contexts/parameters
cgroups=/sys/fs/cgroup
# Of 8 KiB each: ten times the limit.
objects=20000

# in_cgroup NAME FILE: makes and frees them by a task in a new cgroup
in_cgroup() {
	mkdir "$cgroups/$1" || return 1
	echo 16M >"$cgroups/$1/memory.max"
	sh -c "echo \$\$ >$cgroups/$1/cgroup.procs && echo $objects >$contexts/$2"
	in_cgroup_status=$?
	echo "# $2: $(tr '\n' ' ' <"$cgroups/$1/memory.events")"
	return $in_cgroup_status
}

# event NAME EVENT: how often
event() {
	sed -n "s/^$2 //p" "$cgroups/$1/memory.events"
}

ktap_start 5
mount -t cgroup2 none $cgroups
if ! echo +memory >$cgroups/cgroup.subtree_control; then
	for nr in 1 2 3 4 5; do
		ktap_skip "memcg: $nr of 5" "needs CONFIG_MEMCG"
	done
	umount $cgroups
	exit 4
fi
ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_contexts.ko
ktap_check "memcg: all objects are made" in_cgroup ours charged
ktap_check "memcg: no allocation fails" is "$(cat $contexts/charged_failed)" 0
ktap_check "memcg: it never has to go without memory" is "$(event ours oom)" 0
ktap_check "memcg: nobody is killed" is "$(event ours oom_kill)" 0
in_cgroup theirs charged_mightsleep
echo "# kvfree_rcu_mightsleep(): $(cat $contexts/charged_failed) allocations failed"
put drain /sys/kernel/debug/rcu_headless/control
ktap_check "memcg: all is freed" nothing_pending
rmdir $cgroups/ours $cgroups/theirs
echo -memory >$cgroups/cgroup.subtree_control
umount $cgroups
rmmod rcu_headless_contexts
rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
