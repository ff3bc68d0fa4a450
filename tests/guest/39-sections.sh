#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# cpus: 1
# icount: 1
# kernels: x86_64-isolated
#
# How long preemption or interrupts are off at the most, as the kernel's tracer sees it:
# while tens of thousands of pages of pointers wait that a reader has held up, are drained,
# and more are queued. Time is counted in instructions, so the host doesn't matter.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

dir=/sys/kernel/debug/rcu_headless
contexts=/sys/module/rcu_headless_contexts/parameters
tracing=/sys/kernel/tracing
# 20,000 pages are 160 MB with their objects; 100,000 are more than the machine has.
pages=20000

# longest NAME COMMAND...: the longest section during the command, in $longest
longest() {
	longest_name=$1
	shift
	echo 0 >"$tracing"/tracing_max_latency
	echo 1 >"$tracing"/tracing_on
	"$@"
	longest_status=$?
	echo 0 >"$tracing"/tracing_on
	longest=$(cat "$tracing"/tracing_max_latency)
	grep -v '^#' "$tracing"/trace >/tmp/section
	longest_ours=$(grep -c '\[rcu_headless\]' /tmp/section)
	echo "# $longest_name: $longest us; functions of ours in it: $longest_ours"
	sed -n '1,4s/^/#   /p' /tmp/section
	return "$longest_status"
}

# short: below 50 us, if the kernel's own are
short() {
	[ "$longest" -lt 50 ] || [ "$own" -ge 50 ]
}

held_up() {
	put $((pages * 507)) "$contexts"/small
}

all_freed() {
	reader_leaves && put drain "$dir"/control
}

if ! grep -qw preemptirqsoff $tracing/available_tracers; then
	ktap_start 1
	ktap_skip "sections" "needs CONFIG_IRQSOFF_TRACER, CONFIG_PREEMPT_TRACER"
	exit 4
fi
ktap_start 8
ktap_need insmod /modules/rcu_headless.ko pending_mib=100000
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_contexts.ko
ktap_need insmod /modules/rcu_headless_busy.ko
echo 0 >"$tracing"/tracing_on
echo preemptirqsoff >"$tracing"/current_tracer
# A reader that stays for so long is what RCU complains of.
echo 1 >/sys/module/rcupdate/parameters/rcu_cpu_stall_suppress
ktap_need longest "the kernel's own" put 200000 $contexts/small_mightsleep
own=$longest
reader_at 0
ktap_check "queueing behind a reader" longest "queueing" held_up
ktap_check "queueing: short" short
ktap_check "so many pages wait" [ "$(counter pages_in_use)" -ge $pages ]
ktap_check "draining" longest "draining" all_freed
ktap_check "draining: short" short
ktap_check "all is freed" nothing_pending
put $((100 * 507)) $contexts/small
rmmod rcu_headless_contexts
ktap_check "unloading" longest "unloading" rmmod rcu_headless
ktap_check "unloading: short" short
echo nop >"$tracing"/current_tracer
echo 1 >"$tracing"/tracing_on
echo 0 >/sys/module/rcupdate/parameters/rcu_cpu_stall_suppress
rmmod rcu_headless_busy
rmmod rcu_headless_canary
ktap_end
