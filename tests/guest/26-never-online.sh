#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot: maxcpus=1
# cpus: 4
#
# CPUs that are possible and have never been online: nothing that the module does waits
# for them. Then some come for the first time.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

dir=/sys/kernel/debug/rcu_headless
contexts=/sys/module/rcu_headless_contexts/parameters
cpus=/sys/devices/system/cpu

load() {
	insmod /modules/rcu_headless.ko && insmod /modules/rcu_headless_contexts.ko
}

# The objects that the last step leaves are for rmmod to free.
use_all() {
	put 2000 $contexts/free && put 100 $contexts/atomic
}

unload() {
	rmmod rcu_headless_contexts && rmmod rcu_headless
}

comes_up() {
	put 1 "$cpus/cpu$1/online" && is "$(cat "$cpus/cpu$1/online")" 1
}

drain_ended() {
	[ -e /tmp/drained ]
}

came() {
	[ -e /tmp/came ]
}

ktap_start 14
echo "# possible $(cat $cpus/possible), present $(cat $cpus/present), online $(cat $cpus/online)"
ktap_check "one CPU is online" is "$(cat $cpus/online)" 0
ktap_check "others are possible" [ "$(cat $cpus/possible)" != 0 ]
ktap_need insmod /modules/rcu_headless_canary.ko
for life in 1 2; do
	ktap_check "it loads, $life of 2" load
	use_all
	ktap_need returns put drain $dir/control
	ktap_check "drain returns, all is freed, $life of 2" nothing_pending
	use_all
	ktap_need returns put 1 $contexts/barrier
	ktap_check "the barrier returns, all is freed, $life of 2" nothing_pending
	use_all
	ktap_need returns unload
	ktap_result "rmmod returns, $life of 2" 0
done

if [ ! -w $cpus/cpu2/online ] || is "$(cat $cpus/present)" 0; then
	for what in "a CPU comes for the first time" "another, while a barrier waits" \
		"the barrier returns when it can" "their objects are freed"; do
		ktap_skip "$what" "needs CPUs that can come"
	done
	rmmod rcu_headless_canary
	ktap_end
fi
ktap_need load
ktap_need insmod /modules/rcu_headless_busy.ko
use_all
ktap_check "a CPU comes for the first time" comes_up 1
taskset 2 sh -c "echo 1000 >$contexts/free"
# A CPU may need a grace period to come, too; with a reader neither gets further.
reader_at 1
use_all
rm -f /tmp/drained /tmp/came
(put drain $dir/control && : >/tmp/drained) &
(comes_up 2 && : >/tmp/came) &
put 2000 $contexts/free
reader_leaves
ktap_check "another, while a barrier waits" wait_for 60 came
ktap_check "the barrier returns when it can" wait_for 60 drain_ended
taskset 4 sh -c "echo 1000 >$contexts/free"
ktap_need returns put drain $dir/control
ktap_check "their objects are freed" nothing_pending
ktap_need returns unload
rmmod rcu_headless_busy
rmmod rcu_headless_canary
ktap_end
