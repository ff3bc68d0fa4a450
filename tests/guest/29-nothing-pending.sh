#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Where nothing is queued nothing is done: a barrier returns while a reader keeps all
# grace periods from ending, and queues no work. What is queued on one CPU doesn't
# bring work to others.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

dir=/sys/kernel/debug/rcu_headless
contexts=/sys/module/rcu_headless_contexts/parameters
events=/sys/kernel/tracing/events
trace=/sys/kernel/tracing/trace

# By the file and by the call; and before RCU complains of the reader.
barriers_return() {
	returns_within 5 put drain "$dir"/control &&
		returns_within 5 put 1 "$contexts"/barrier
}

no_more_periods() {
	is "$(counter grace_periods)" "$periods"
}

# Switching an event on waits for readers.
watch() {
	echo 1 >$events/workqueue/workqueue_queue_work/enable
	echo 0 >$trace
}

unwatch() {
	echo 0 >$events/workqueue/workqueue_queue_work/enable
}

# ours: the events in which work of ours was queued
ours() {
	grep -E 'workqueue_queue_work: .*(\[rcu_headless\]|workqueue=rcu_headless)' $trace
}

# nr_ours: how often, and nr_works: how many different pieces of work
nr_ours() {
	ours | grep -c .
}

nr_works() {
	ours | grep -o 'work struct=[^ ]*' | sort -u | grep -c .
}

# The reader has the last CPU to itself.
taskset -p 1 $$ >/dev/null
last=$(($(grep -c '^processor' /proc/cpuinfo) - 1))

ktap_cpus 2 "nothing pending"
ktap_start 10
ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_contexts.ko
ktap_need insmod /modules/rcu_headless_busy.ko
ktap_need reader_at $last
periods=$(counter grace_periods)
ktap_check "never used: barriers wait for no reader" barriers_return
ktap_check "never used: no grace period is counted" no_more_periods
reader_leaves

# Now in use, on all CPUs; and nothing left.
for cpu in $(seq 0 $last); do
	taskset -c "$cpu" sh -c "echo 2000 >$contexts/free && echo 100 >$contexts/atomic"
done
ktap_need put drain $dir/control
ktap_check "all is freed" nothing_pending
ktap_need reader_at $last
periods=$(counter grace_periods)
ktap_check "used: barriers wait for no reader" barriers_return
ktap_check "used: no grace period is counted" no_more_periods
reader_leaves

# The reader is seen: with an object queued the barrier waits for it.
ktap_need reader_at $last
put 1 $contexts/free
rm -f /tmp/drains /tmp/drained
(: >/tmp/drains && put drain $dir/control && : >/tmp/drained) &
ktap_need wait_for 60 test -e /tmp/drains
# A moment to be wrong in.
usleep 500000
ktap_check "an object: the barrier waits for the reader" [ ! -e /tmp/drained ]
reader_leaves
ktap_check "and not longer" wait_for 60 test -e /tmp/drained

if [ -d $events/workqueue ]; then
	# RCU may have callbacks of ours yet, which look for what there is to free.
	put 1 /sys/module/rcutree/parameters/do_rcu_barrier
	watch
	ktap_need put drain $dir/control
	ktap_check "used: no work is queued for a barrier" is "$(nr_ours)" 0
	unwatch
	watch
	taskset -c "$last" sh -c "echo 600 >$contexts/free"
	ktap_need put drain $dir/control
	works=$(nr_works)
	echo "# objects on one CPU: $works pieces of work"
	ktap_check "objects on one CPU: work is queued" [ "$works" -gt 0 ]
	# A CPU has one each to seal, to free, to get spares and to empty its inbox. The event
	# names no CPU for a workqueue that is bound to none.
	ktap_check "objects on one CPU: none for the others" [ "$works" -le 4 ]
	unwatch
	echo 0 >$trace
else
	for what in "used: no work is queued for a barrier" "objects on one CPU: work is queued" \
		"objects on one CPU: none for the others"; do
		ktap_skip "$what" "needs CONFIG_TRACING"
	done
fi
ktap_need returns rmmod rcu_headless_contexts
ktap_need returns rmmod rcu_headless
rmmod rcu_headless_busy
rmmod rcu_headless_canary
ktap_end
