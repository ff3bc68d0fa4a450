#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Objects that are charged to a memory cgroup, freed as fast as they are made, ten times
# as much as its limit: what waits is freed before the group has to go without memory. A
# reader keeps that from happening until the task is held back, or is out of memory. So
# again for a task that moves and leaves little on each CPU, be it in pages of its own, or in
# those that others have opened for small objects, and where the group is slowed
# down at its limit, not refused (memory.high). Who finds room in a page that is to be sealed
# isn't held back. The kernel's own call beside it, without a reader.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh
# shellcheck source=lib/memcg.sh
. /tests/lib/memcg.sh

contexts=/sys/module/rcu_headless_contexts/parameters
parameters=/sys/module/rcu_headless/parameters
control=/sys/kernel/debug/rcu_headless/control
# Of 8 KiB each: ten times the limit.
objects=20000

# in_cgroup NAME READER COMMANDS: what a task in the cgroup does, after there is a reader on
# that CPU, or none (-1)
in_cgroup() {
	# To go into the cgroup takes a grace period, so that the reader comes after that.
	sh -c "echo \$\$ >$cgroups/$1/cgroup.procs && echo $2 >$reader && $3"
	in_cgroup_status=$?
	memcg_events "$1"
	return $in_cgroup_status
}

# held_back NAME COMMANDS: what they do is held back, and never lacks memory: five results
held_back() {
	held_back_before=$(counter held_back)
	trap reader_leaves EXIT
	in_cgroup "$1" "$last" "$2" &
	task=$!
	ktap_check "memcg: $1: the task is held back" wait_for 60 waits "$1"
	reader_leaves
	ktap_check "memcg: $1: all objects are made" wait $task
	ktap_check "memcg: $1: no allocation fails" is "$(cat $contexts/charged_failed)" 0
	ktap_check "memcg: $1: it never has to do without" has_enough "$1"
	ktap_check "memcg: $1: nobody is killed" is "$(memcg_event "$1" oom_kill)" 0
}

# sealing: whether all is queued, and an alarm was set for it
sealing() {
	[ -e /tmp/queued ] && [ "$(counter grace_periods)" -gt "$grace_periods_before" ]
}

# fills NAME: in the cgroup, half of which is used otherwise, there is room in the page that is
# to be sealed, which somebody else has opened: three results
fills() {
	scan=$(echo /sys/kernel/debug/shrinker/rcu_headless-*/scan)
	if [ ! -w "$scan" ]; then
		ktap_skip_each 3 "memcg: $1" "needs CONFIG_SHRINKER_DEBUG"
		return
	fi
	trap reader_leaves EXIT
	grace_periods_before=$(counter grace_periods)
	taskset -c 0 sh -c "echo 1 >$contexts/charged"
	in_cgroup "$1" "$last" "
		taskset -p -c 0 \$\$ >/dev/null && dd if=/dev/zero of=/tmp/used bs=1M count=7 &&
		echo 110 >$contexts/charged && touch /tmp/queued &&
		until [ -e /tmp/sealing ]; do usleep 10000; done &&
		echo 15 >$contexts/charged && touch /tmp/filled" &
	task=$!
	wait_for 60 test -e /tmp/queued
	# The shrinker, asked for memory, has open pages sealed.
	echo "0 0 1" >"$scan"
	ktap_check "memcg: $1: the page is to be sealed" wait_for 60 sealing
	held_back_before=$(counter held_back)
	touch /tmp/sealing
	wait_for 60 fills_or_waits "$1"
	ktap_check "memcg: $1: the task isn't held back" is "$(counter held_back)" "$held_back_before"
	reader_leaves
	ktap_check "memcg: $1: all objects are made" wait $task
	rm -f /tmp/used /tmp/queued /tmp/sealing /tmp/filled
}

# fills_or_waits NAME: whether its task has come to its end, or is held back
fills_or_waits() {
	[ -e /tmp/filled ] || waits "$1"
}

# has_enough NAME: it never was out of memory, nor slowed down for want of it
has_enough() {
	is "$(memcg_event "$1" oom)" 0 && is "$(memcg_event "$1" high)" 0
}

# waits NAME: whether its task waits, for memory or for a grace period
waits() {
	[ "$(counter held_back)" -gt "$held_back_before" ] || ! has_enough "$1"
}

# few_wait: less than was left on other CPUs
few_wait() {
	[ "$(counter pending)" -lt $((last_used * 45)) ]
}

last=$(($(grep -c '^processor' /proc/cpuinfo) - 1))
# With RCU_BOOST a reader that stays gets a real-time priority at last, that of RCU's own threads.
# A task there with a lock that these need would hold it for ever: so no task is on its CPU, if
# there is another.
last_used=$last
if [ "$last" -gt 0 ]; then
	last_used=$((last - 1))
	taskset -p -c "0-$last_used" $$ >/dev/null
fi
used=$(seq -s ' ' 0 "$last_used")

ktap_start 30
if ! memcg_on; then
	ktap_skip_each 30 memcg "needs CONFIG_MEMCG"
	exit 4
fi
ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_contexts.ko
ktap_need insmod /modules/rcu_headless_busy.ko
ktap_need memcg_new ours 16M max
ktap_need memcg_new slowed 16M high
ktap_need memcg_new moving $(((last_used + 1) * 1300))K max
ktap_need memcg_new leaving $(((last_used + 1) * 2000 + 1024))K max
ktap_need memcg_new hiding $(((last_used + 1) * 1700))K max
ktap_need memcg_new filling 12M max
ktap_need memcg_new theirs 16M max
held_back ours "echo $objects >$contexts/charged"
put drain $control
held_back slowed "echo $objects >$contexts/charged"
put drain $control

# Each CPU adds to the sum of what waits only when it has come to 2 MiB now; some less than
# that on each are more than the group has.
pending_before=$(cat $parameters/pending_mib)
put 4096 $parameters/pending_mib
put 1024 $contexts/charged_size
held_back moving "for cpu in $used; do
	taskset -p -c \$cpu \$\$ >/dev/null && echo 1400 >$contexts/charged || exit 1
done"
put 8192 $contexts/charged_size

# Pages are not sealed for being old.
delay_before=$(cat $parameters/drain_delay_ms)
put 10000 $parameters/drain_delay_ms
put drain $control
fills filling
put drain $control
# Pages that others have opened have room for 256, and nobody looks before there are 128.
for cpu in $used; do
	taskset -c "$cpu" sh -c "echo 1 >$contexts/charged"
done
held_back leaving "for cpu in $used; do
	taskset -p -c \$cpu \$\$ >/dev/null && echo 60 >$contexts/charged || exit 1
done; echo 800 >$contexts/charged"
left="memcg: leaving: what it has left in open pages is freed"
if [ "$last_used" -gt 0 ]; then
	ktap_check "$left" wait_for 1 few_wait
else
	ktap_skip "$left" "there is no CPU to leave anything on"
fi
put drain $control
for cpu in $used; do
	taskset -c "$cpu" sh -c "echo 1 >$contexts/small"
done
held_back hiding "for cpu in $used; do
	taskset -p -c \$cpu \$\$ >/dev/null && echo 240 >$contexts/charged || exit 1
done"
put "$delay_before" $parameters/drain_delay_ms
put "$pending_before" $parameters/pending_mib

# It may not come to that: nothing holds back who calls it.
echo "rcu_headless-test: allow invoked oom-killer" >/dev/kmsg
in_cgroup theirs -1 "echo $objects >$contexts/charged_mightsleep"
echo "rcu_headless-test: expect-end" >/dev/kmsg
echo "# kvfree_rcu_mightsleep(): $(cat $contexts/charged_failed) allocations failed"
put drain $control
ktap_check "memcg: all is freed" nothing_pending
memcg_off ours slowed moving leaving hiding filling theirs
rmmod rcu_headless_busy
rmmod rcu_headless_contexts
rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
