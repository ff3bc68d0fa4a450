#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot: maxcpus=8 tsc=reliable
# cpus: 255
# kernels: x86_64 x86_64-isolated
#
# A task in a memory cgroup leaves objects on each CPU that it moves to, more in all than the
# group has, while a real-time loop keeps the work off its CPU that would free them: the task
# frees what waits on other CPUs itself.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh
# shellcheck source=lib/memcg.sh
. /tests/lib/memcg.sh
# shellcheck source=lib/hog.sh
. /tests/lib/hog.sh

contexts=/sys/module/rcu_headless_contexts/parameters
# Of the CPUs where work runs that is bound to none.
work_cpus=/sys/devices/virtual/workqueue/cpumask

# Of 8 KiB each.
moves() {
	sh -c "echo \$\$ >$cgroups/moves/cgroup.procs && for cpu in $*; do
		taskset -p -c \$cpu \$\$ >/dev/null && echo 256 >$contexts/charged || exit 1
	done"
}

last=$(($(grep -c '^processor' /proc/cpuinfo) - 1))
ktap_cpus 8 "a task that moves"
ktap_start 6
ktap_need memcg_on
ktap_need memcg_new moves 16M max
ktap_need insmod /modules/rcu_headless.ko drain_delay_ms=10000
for module in canary contexts busy; do
	ktap_need insmod /modules/rcu_headless_$module.ko
done
work_cpus_before=$(cat $work_cpus)
ktap_need put "$(printf %x $((1 << last)))" $work_cpus
hogs_on
ktap_need hog_start "$last" thread
others=$(seq -s ' ' 0 $((last - 1)))
ktap_check "kept: no allocation fails" moves "$others" "$others" "$others"
# Of some 160 pages. What waits on other CPUs would keep the group short for all that come then.
ktap_check "kept: it waits for few of its pages" [ "$(counter held_back)" -lt 40 ]
# For each page of its own it would have to empty four.
taskset -c 0 sh -c "echo 60000 >$contexts/small"
# shellcheck disable=SC2046
ktap_check "kept: nor does one behind objects of others" moves $(yes 0 | head -n 20)
memcg_events moves
ktap_check "kept: it never has to do without" is "$(memcg_event moves oom)" 0
ktap_check "kept: nobody is killed" is "$(memcg_event moves oom_kill)" 0
hog_stop
hogs_off
put "$work_cpus_before" $work_cpus
put drain /sys/kernel/debug/rcu_headless/control
ktap_check "kept: all is freed" nothing_pending
memcg_off moves
for module in _busy _contexts '' _canary; do
	rmmod rcu_headless$module
done
ktap_end
