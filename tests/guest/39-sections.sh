#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# cpus: 1
# icount: 1
# kernels: x86_64-isolated
#
# How long the module keeps preemption or interrupts off, by the kernel's trace events:
# while thousands of pages of pointers wait for a reader, are drained, and go with the
# module, and while pages of large objects are sealed. Time is counted in instructions, one
# a nanosecond, so the host doesn't matter.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

dir=/sys/kernel/debug/rcu_headless
contexts=/sys/module/rcu_headless_contexts/parameters
events=/sys/kernel/tracing/events
forget=/sys/module/rcu_headless_leftovers/parameters/forget
stalls=/sys/module/rcupdate/parameters/rcu_cpu_stall_suppress
# Together with their objects 8 KiB each. To look at each takes longer than a section may,
# even in five instructions.
pages=10000
most_ns=50000

# address REGEX head|tail: of the first of these symbols, or of the last
address() {
	echo $((0x$(grep "$1" /proc/kallsyms | cut -d ' ' -f 1 | sort | "$2" -n 1)))
}

# What events do: "EVENT TRIGGER". A section begins where a function of ours turns
# preemption or interrupts off. It ends where they are turned on; of one that an interrupt
# comes into, the part before that counts.
sections() {
	sections_base=$(address ' T _stext$' head)
	sections_from=$(($(address '\[rcu_headless\]$' head) - sections_base))
	# The last symbol is of something small.
	sections_to=$(($(address '\[rcu_headless\]$' tail) - sections_base + 4096))
	for sections_what in preempt irq; do
		echo "preemptirq/${sections_what}_disable hist:keys=common_cpu:$sections_what=common_timestamp" \
			"if parent_offs >= $sections_from && parent_offs < $sections_to"
		echo "preemptirq/${sections_what}_enable hist:keys=common_cpu:ns=common_timestamp-\$$sections_what:onmax(\$ns).save(parent_offs)"
	done
	echo "irq/irq_handler_entry hist:keys=common_cpu:ns=common_timestamp-\$preempt:onmax(\$ns).save(irq)"
	echo "irq/softirq_entry hist:keys=common_cpu:ns=common_timestamp-\$preempt:onmax(\$ns).save(vec)"
}

sections_on() {
	sections >/tmp/sections
	while read -r on_event on_trigger; do
		echo "$on_trigger" >"$events/$on_event/trigger" || return 1
	done </tmp/sections
}

sections_off() {
	# What begins a section goes last.
	sed '1!G; h; $!d' /tmp/sections | while read -r off_event off_trigger; do
		echo "!$off_trigger" >"$events/$off_event/trigger"
	done
}

# longest: the longest section so far, if there was one
longest() {
	while read -r longest_event _; do
		sed -n 's/.*\tmax: *\([0-9]*\) .*/\1/p' "$events/$longest_event/hist"
	done </tmp/sections | sort -n | tail -n 1
}

# short NAME COMMAND...: there are sections, and all up to the end of that are short
short() {
	short_name=$1
	shift
	ktap_check "$short_name" "$@"
	short_ns=$(longest)
	echo "# the longest section so far: ${short_ns:-none} ns"
	ktap_check "$short_name: short" [ "${short_ns:-$most_ns}" -lt $most_ns ]
}

held_up() {
	put $((pages * 505)) "$contexts"/small
}

# unload: with what waits behind a reader
unload() {
	rmmod rcu_headless &
	wait_for 60 unloading && put 0 "$forget" && wait $!
}

all_freed() {
	reader_leaves && put drain "$dir"/control
}

if [ ! -d $events/preemptirq/preempt_disable ] || ! grep -q hist $events/irq/softirq_entry/trigger; then
	ktap_start 1
	ktap_skip "sections" "needs CONFIG_PREEMPT_TRACER, CONFIG_HIST_TRIGGERS"
	exit 4
fi
ktap_start 10
ktap_need insmod /modules/rcu_headless.ko pending_mib=100000
for module in canary contexts busy; do
	ktap_need insmod /modules/rcu_headless_$module.ko
done
# A reader that stays for so long is what RCU complains of.
echo 1 >$stalls
ktap_need sections_on
reader_at 0
short "queueing behind a reader" held_up
ktap_check "so many pages wait" [ "$(counter pages_in_use)" -ge $pages ]
short "draining" all_freed
ktap_check "all is freed" nothing_pending
echo 0 >$stalls
short "queueing large objects" put 100 $contexts/large
rmmod rcu_headless_contexts
# It leaves behind objects and a reader, and doesn't keep the module loaded.
ktap_need insmod /modules/rcu_headless_leftovers.ko
ktap_need put $((200 * 505)) "$forget"
short "unloading with pages that wait" unload
sections_off
rmmod rcu_headless_leftovers
rmmod rcu_headless_busy
rmmod rcu_headless_canary
ktap_end
