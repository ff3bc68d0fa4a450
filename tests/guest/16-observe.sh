#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What latency, memory and callers say must agree with what happened, with objects
# of known sizes held by a reader.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh
# shellcheck source=lib/observe.sh
. /tests/lib/observe.sh

module=/sys/module/rcu_headless_leftovers/parameters

pages_accounted_for() {
	is "$(($(value memory pages_open) + $(value memory pages_waiting) +
		$(value memory pages_spare)))" "$(value memory pages_allocated)"
}

callers_empty() {
	is "$(wc -l <"$dir"/callers)" 1
}

# The reader keeps another CPU busy.
taskset -p 1 $$ >/dev/null

ktap_start 34
ktap_need insmod /modules/rcu_headless.ko drain_delay_ms=0 spares=32
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_leftovers.ko
ktap_check "callers: none at first" callers_empty
ktap_check "callers: off at first" is "$(cat $dir/control)" "callers off"
control "callers on"
ktap_check "callers: can be switched on" is "$(cat $dir/control)" "callers on"

# 6000 objects, one of 8 with a page of its own, the others 64 bytes: see leftovers.c.
echo 1 >$module/hold
ktap_check "memory: every object" says memory objects_waiting 6000
ktap_check "memory: slab bytes" says memory bytes_waiting_slab $((5250 * 64))
page=$(value memory page_size)
ktap_check "memory: vmalloc bytes" says memory bytes_waiting_vmalloc $((750 * page))
ktap_check "memory: every page is somewhere" pages_accounted_for
queuer=' queue_share\+0x[0-9a-f]+/0x[0-9a-f]+ \[rcu_headless_leftovers\]$'
ktap_check "callers: objects by call site" is "$(callers_sum objects "$queuer")" 6000
ktap_check "callers: bytes by call site" \
	is "$(callers_sum bytes "$queuer")" $((5250 * 64 + 750 * page))
ktap_check "callers: nobody else" is "$(callers_sum objects .)" 6000
ktap_check "latency: nothing is freed yet" says latency page_wait_us_count 0

start=$(cut -d ' ' -f 1 /proc/uptime)
usleep 200000
end=$(cut -d ' ' -f 1 /proc/uptime)
echo 0 >$module/hold
control drain
# No page can have waited for less than it was held for certain.
held=$(awk "BEGIN { print int(($end - $start - 0.02) * 1000000) }")
batches=$(stats_sum batches)
ktap_check "latency: every page" says latency page_wait_us_count "$batches"
ktap_check "latency: as long as they were held" \
	[ "$(value latency page_wait_us_sum)" -ge $((batches * held)) ]
ktap_check "latency: nobody had to wait" says latency fallback_us_count 0
ktap_check "latency: objects of each page" says latency bulk_objects_sum 6000
ktap_check "memory: nothing waits any more" says memory objects_waiting 0
ktap_check "memory: nor slab bytes" says memory bytes_waiting_slab 0
ktap_check "memory: nor vmalloc bytes" says memory bytes_waiting_vmalloc 0
ktap_check "memory: the most objects" says memory objects_waiting_high 6000
ktap_check "memory: the most bytes" \
	says memory bytes_waiting_high $((5250 * 64 + 750 * page))

control reset
ktap_check "reset: callers" callers_empty
ktap_check "reset: callers are still counted" is "$(cat $dir/control)" "callers on"
ktap_check "reset: latency" says latency page_wait_us_count 0
ktap_check "reset: latency's sums" says latency bulk_objects_sum 0
ktap_check "reset: the most objects" says memory objects_waiting_high 0
ktap_check "reset: the most pages" \
	says memory pages_allocated_high "$(value memory pages_allocated)"
ktap_check "reset: not what has been queued" is "$(stats_sum queued_.*)" 6000

# Twice from one function, which the second time may be where it was before.
for life in 1 2; do
	rmmod rcu_headless_leftovers
	ktap_check "callers: none of a module that is gone, $life of 2" \
		no_rows_of rcu_headless_leftovers
	ktap_check "callers: what they had queued, $life of 2" \
		is "$(callers_sum objects ' \(gone\)$')" $((6000 * (life - 1)))
	ktap_need insmod /modules/rcu_headless_leftovers.ko
	echo 1 >$module/hold
	echo 0 >$module/hold
	ktap_check "callers: loaded anew it begins anew, $life of 2" \
		is "$(callers_sum objects "$queuer")" 6000
done
rmmod rcu_headless_leftovers

# A page that is open by then keeps no call from being seen.
contexts=/sys/module/rcu_headless_contexts/parameters
ktap_need insmod /modules/rcu_headless_contexts.ko
echo 10000 >/sys/module/rcu_headless/parameters/drain_delay_ms
control "callers off"
put 20 $contexts/free
control "callers on"
put 10 $contexts/free
ktap_check "callers: each from then on" \
	is "$(callers_sum objects '\[rcu_headless_contexts\]$')" 10
rmmod rcu_headless_contexts
rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
