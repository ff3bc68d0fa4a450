#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot: numa=fake=2
# cpus: 4,sockets=2
# kernels: x86_64 x86_64-strict
#
# Memory of two nodes: each CPU's pages of pointers are on its own, those that it is given
# when the module is loaded, and those that a call or the refill allocates.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

contexts=/sys/module/rcu_headless_contexts/parameters
cpus=/sys/devices/system/cpu
event=/sys/kernel/tracing/events/kmem/mm_page_alloc
trace=/sys/kernel/tracing/trace

# allocated COMMAND...: what it does; says on which nodes pages of pointers were allocated
# meanwhile. The kernel allocates no others one by one with these flags.
allocated() {
	echo 0 >$trace
	echo 1 >$event/enable
	"$@" || return 1
	echo 0 >$event/enable
	grep __GFP_NOMEMALLOC $trace | grep -v __GFP_COMP |
		sed -n 's/.* pfn=\(0x[0-9a-f]*\) order=0 .*/\1/p' |
		while read -r pfn; do
			echo $((pfn >= node1))
		done
}

# on NODE FILE: how many of them are there
on() {
	grep -cx "$1" "$2"
}

# calls CPU: more than there are spares for; nothing is emptied and used again
calls() {
	reader_at 0 && taskset -c "$1" sh -c "echo 10000 >$contexts/free" && reader_leaves
}

last=$(($(grep -c '^processor' /proc/cpuinfo) - 1))
ktap_cpus 2 "nodes"
if [ ! -e $cpus/cpu$last/node1 ]; then
	ktap_start 1
	ktap_skip "nodes" "needs CONFIG_NUMA_EMU"
	exit 4
fi
ktap_start 6
node1=$(sed -n '/^Node 1,/,$s/^ *start_pfn: *//p' /proc/zoneinfo | sort -n | head -n 1)
ktap_check "nodes: there are two, with a CPU each" [ -e $cpus/cpu0/node0 ]
echo "order == 0" >$event/filter
echo 8192 >/sys/kernel/tracing/buffer_size_kb
ktap_need insmod /modules/rcu_headless_canary.ko
allocated insmod /modules/rcu_headless.ko spares=8 >/tmp/nodes
ktap_check "nodes: CPU 0 is given pages of node 0" [ "$(on 0 /tmp/nodes)" -ge 8 ]
ktap_check "nodes: CPU $last is given pages of node 1" [ "$(on 1 /tmp/nodes)" -ge 8 ]
ktap_need insmod /modules/rcu_headless_contexts.ko
ktap_need insmod /modules/rcu_headless_busy.ko
for cpu in 0 "$last"; do
	node=$((cpu > 0))
	allocated calls "$cpu" >/tmp/nodes
	echo "# CPU $cpu: $(on 0 /tmp/nodes) on node 0, $(on 1 /tmp/nodes) on node 1"
	ktap_check "nodes: CPU $cpu takes pages of node $node only" \
		is "$(on $((1 - node)) /tmp/nodes)/$(on $node /tmp/nodes | sed 's/^[1-9][0-9]*$/some/')" 0/some
done
put drain /sys/kernel/debug/rcu_headless/control
ktap_check "nodes: all is freed" nothing_pending
echo 0 >$event/filter
echo 0 >$trace
echo 1 >/sys/kernel/tracing/buffer_size_kb
rm /tmp/nodes
rmmod rcu_headless_busy
rmmod rcu_headless_contexts
rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
