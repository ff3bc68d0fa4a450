#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot: maxcpus=8 tsc=reliable
# cpus: 255
# kernels: x86_64 x86_64-rt x86_64-isolated
#
# Tasks of one memory cgroup on all CPUs free objects as fast as they are made: each has
# filled a page of pointers before anybody notices that the group is short of memory, and
# all of that doesn't bring it to its limit.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh
# shellcheck source=lib/memcg.sh
. /tests/lib/memcg.sh

contexts=/sys/module/rcu_headless_contexts/parameters

# many SIZE: tasks on all CPUs, each with twice as much as the group may have
many() {
	put "$1" "$contexts/charged_size" || return
	tasks=
	for cpu in $(seq 0 "$last"); do
		taskset -c "$cpu" sh -c "echo \$\$ >$cgroups/many/cgroup.procs &&
			echo $((32 * 1024 * 1024 / $1)) >$contexts/charged" &
		tasks="$tasks $!"
	done
	for task in $tasks; do
		wait "$task" || return
	done
	memcg_events many
}

last=$(($(grep -c '^processor' /proc/cpuinfo) - 1))
ktap_cpus 8 "tasks of one memory cgroup"
ktap_start 8
ktap_need memcg_on
ktap_need memcg_new many 16M max
for module in '' _canary _contexts; do
	ktap_need insmod /modules/rcu_headless$module.ko
done
for size in 1024 4096 16384 262144; do
	ktap_check "many: all objects of $size are made" many $size
done
ktap_check "many: the tasks are held back" [ "$(counter held_back)" -gt 0 ]
ktap_check "many: the group never has to do without" is "$(memcg_event many oom)" 0
ktap_check "many: nobody is killed" is "$(memcg_event many oom_kill)" 0
put drain /sys/kernel/debug/rcu_headless/control
ktap_check "many: all is freed" nothing_pending
memcg_off many
for module in _contexts '' _canary; do
	rmmod rcu_headless$module
done
ktap_end
