#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The trace events: each thing that happens is there once, with the numbers that
# the counters have, for ftrace and for perf.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh
# shellcheck source=lib/trace.sh
. /tests/lib/trace.sh

module=/sys/module/rcu_headless_leftovers/parameters

# objects EVENT: the sum of that field
objects() {
	sed -n "s/.* $1: .*objects=\([0-9]*\).*/\1/p" $tracing/trace |
		awk '{ sum += $1 } END { print sum + 0 }'
}

# fills_pages: how many pages the calls allocate for that is in $own, how many a worker in $others
fills_pages() {
	own=$(counter page_from_allocator) others=$(counter pages_allocated)
	put 12000 /sys/module/rcu_headless_contexts/parameters/small
	own=$(($(counter page_from_allocator) - own))
	others=$(($(counter pages_allocated) - others - own))
}

# not_the_last NUMBER FLAG: so many pages at least were allocated with that and as ones that
# aren't of the last memory, which who frees memory for others may have
not_the_last() {
	[ "$1" -gt 0 ] &&
		[ "$(seen mm_page_alloc "order=0 .*gfp_flags=$2[^ ]*__GFP_NOMEMALLOC")" -ge "$1" ]
}

nothing_lost() {
	! grep -q 'LOST' "$tracing"/trace
}

# The reader of rcu_headless_leftovers keeps another CPU busy.
taskset -p 1 $$ >/dev/null

if [ ! -d $tracing/events ]; then
	ktap_start 1
	ktap_skip "trace events" "needs CONFIG_TRACING"
	exit 4
fi
ktap_start 14
# Pages are sealed when they are full, however slow the kernel is.
ktap_need insmod /modules/rcu_headless.ko drain_delay_ms=10000
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_leftovers.ko
ktap_check "all events are there" is \
	"$(cd $events && for event in */; do echo "$event"; done | tr -d '/\n')" \
	"drain_enddrain_startfallbackmisusepage_fullqueue"
echo 16384 >$tracing/buffer_size_kb
echo 1 >$events/enable

# 6000 objects, one of 8 of vmalloc: see leftovers.c.
echo 1 >$module/hold
echo 0 >$module/hold
echo drain >$dir/control
ktap_check "queue: each slab object with its caller" \
	is "$(seen queue 'caller=queue_share\+.* channel=slab ')" 5250
ktap_check "queue: each vmalloc object with its caller" \
	is "$(seen queue 'caller=queue_share\+.* channel=vmalloc ')" 750
ktap_check "queue: nobody else's" is "$(seen queue .)" 6000
ktap_check "page_full: slab" [ "$(seen page_full channel=slab)" -gt 5 ]
ktap_check "page_full: as many as there is room for" \
	is "$(grep ' page_full: ' $tracing/trace | sed 's/.*objects=//' | sort -u | wc -l)" 1
ktap_check "drain_end: every object" is "$(objects drain_end)" 6000
ktap_check "drain_start: as often" is "$(seen drain_start .)" "$(seen drain_end .)"
ktap_check "fallback: none" is "$(seen fallback .)" 0
ktap_check "nothing is lost" nothing_lost

echo 100 >/sys/module/rcu_headless/parameters/drain_delay_ms
echo 0 >$events/enable
ktap_need insmod /modules/rcu_headless_demo.ko
ktap_check "perf: counts them" is \
	"$(/tests/count-event $events/queue/id \
		sh -c 'echo 100 >/sys/module/rcu_headless_demo/parameters/headless')" 100

# Pages of pointers: those that a worker gets beforehand, and those that the calls get.
for name in contexts busy; do
	ktap_need insmod /modules/rcu_headless_$name.ko
done
scan=$(echo /sys/kernel/debug/shrinker/rcu_headless-*/scan)
# Before there is a reader: this waits for a grace period.
echo 0 >$tracing/trace
if [ -w "$scan" ] && reader_at 1; then
	echo 1 >$tracing/events/kmem/mm_page_alloc/enable
	fills_pages
	beforehand=$others
	# Who gives pages back gets no new ones for a while.
	echo 0 0 1000000 >"$scan"
	fills_pages
	echo 0 >$tracing/events/kmem/mm_page_alloc/enable
	reader_leaves
	ktap_check "mm_page_alloc: the worker's aren't of the last" \
		not_the_last "$beforehand" GFP_KERNEL
	ktap_check "mm_page_alloc: the calls' aren't of the last" not_the_last "$own" GFP_NOWAIT
else
	ktap_skip "mm_page_alloc: the worker's aren't of the last" \
		"needs CONFIG_SHRINKER_DEBUG, and two CPUs or preemption"
	ktap_skip "mm_page_alloc: the calls' aren't of the last" \
		"needs CONFIG_SHRINKER_DEBUG, and two CPUs or preemption"
fi
for name in busy contexts; do
	rmmod rcu_headless_$name
done

# Unloading takes care of events that are on.
echo 1 >$events/enable
rmmod rcu_headless_demo
rmmod rcu_headless_leftovers
rmmod rcu_headless
rmmod rcu_headless_canary
ktap_check "the events go with the module" [ ! -d $events ]
echo 0 >$tracing/trace
echo 1 >$tracing/buffer_size_kb
ktap_end
