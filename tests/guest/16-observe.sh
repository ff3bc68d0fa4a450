#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What latency, memory and callers say must agree with what happened: with objects
# of known sizes held by a reader, and after KUnit suites that run short of memory
# and make every mistake there is.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh
# shellcheck source=lib/faults.sh
. /tests/lib/faults.sh

dir=/sys/kernel/debug/rcu_headless
module=/sys/module/rcu_headless_leftovers/parameters
kunit=/sys/module/kunit/parameters

# value FILE NAME
value() {
	sed -n "s/^$2 //p" "$dir/$1"
}

# says FILE NAME VALUE: the file has that number
says() {
	is "$(value "$1" "$2")" "$3"
}

control() {
	echo "$1" >$dir/control
}

# callers_sum NAME REGEX: over the rows that match
callers_sum() {
	column=$(head -n 1 $dir/callers | tr ' ' '\n' | grep -nx "$1" | cut -d : -f 1)
	tail -n +2 "$dir"/callers | grep -E "$2" |
		awk -v column="$column" '{ sum += $column } END { print sum + 0 }'
}

# Of a histogram the buckets, added up, are the number of values.
adds_up() {
	is "$(awk -v name="$1" '$1 ~ "^" name "_(below_[0-9]+|above)$" { sum += $2 }
		END { print sum }' "$dir"/latency)" "$(value latency "$1"_count)"
}

pages_accounted_for() {
	is "$(($(value memory pages_open) + $(value memory pages_waiting) +
		$(value memory pages_spare)))" "$(value memory pages_allocated)"
}

callers_empty() {
	is "$(wc -l <"$dir"/callers)" 1
}

# Rows of a module, and of addresses that nothing has any more.
no_rows_of() {
	! grep -E "\[$1\]\$| (0x)?[0-9a-f]+\$" "$dir"/callers
}

sorted() {
	awk 'NR > 1 { print $1 }' "$dir"/callers >/tmp/rows
	sort -rn /tmp/rows | cmp - /tmp/rows
}

# The reader keeps another CPU busy.
taskset -p 1 $$ >/dev/null

ktap_start 48
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

# What goes wrong is counted at any time. The tests choose their CPUs themselves.
taskset -p ff $$ >/dev/null
ktap_need insmod /modules/rcu_headless.ko
faults_on
# Those of misuse and of shortage that take little time.
printf %s 'rcu_headless_[ms][ih][so]*' >$kunit/filter_glob
printf %s 'speed>slow' >$kunit/filter
ktap_need insmod /modules/rcu_headless_kunit.ko
control drain
ktap_check "callers: no objects when off" is "$(callers_sum objects .)" 0
ktap_check "callers: who made mistakes" is "$(callers_sum misuse .)" "$(stats_sum 'misuse_.*')"
ktap_check "callers: there were some" [ "$(callers_sum misuse '\[rcu_headless_kunit\]$')" -gt 10 ]
ktap_check "callers: who had to wait" is "$(callers_sum fallbacks .)" "$(stats_sum fallbacks)"
if [ -d "$page_faults" ]; then
	ktap_check "callers: somebody had to" \
		[ "$(callers_sum fallbacks '\[rcu_headless_kunit\]$')" -gt 0 ]
else
	ktap_skip "callers: somebody had to" "needs CONFIG_FAIL_PAGE_ALLOC"
fi
ktap_check "callers: those first that queue most" sorted
ktap_check "latency: every wait" says latency fallback_us_count "$(stats_sum fallbacks)"
ktap_check "latency: every page again" \
	says latency bulk_objects_count "$(stats_sum batches)"
ktap_check "latency: every object but those waited for" says latency bulk_objects_sum \
	$(($(stats_sum 'freed_.*') - $(stats_sum fallbacks)))
for histogram in page_wait_us fallback_us bulk_objects; do
	ktap_check "latency: $histogram adds up" adds_up $histogram
done

printf %s '*' >$kunit/filter_glob
printf %s 'speed>=very_slow' >$kunit/filter
faults_off
rmmod rcu_headless_kunit
ktap_check "callers: none of the tests when they are gone" no_rows_of rcu_headless_kunit
ktap_check "callers: but that somebody made mistakes" \
	[ "$(callers_sum misuse ' \(gone\)$')" -gt 10 ]
rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
