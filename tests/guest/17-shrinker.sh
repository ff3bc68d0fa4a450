#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The shrinker, asked directly: what it counts is what it gives, and no more.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

cpus=$(grep -c '^processor' /proc/cpuinfo)
# What a CPU keeps in any case.
kept=3

# How many pages it says it could give. It has no line when there are none.
counted() {
	echo $(($(awk '{ print $2 }' "$1/count")))
}

# scan NR: asks for so many
scan() {
	echo "0 0 $1" >"$shrinker/scan"
}

# gives NR ASKED: asks for some, and sees it give so many
gives() {
	gives_before=$(counter pages_allocated)
	gives_said=$(counter shrinker_pages)
	gives_scans=$(counter shrinker_scans)
	scan "$2" &&
		is "$(counter pages_allocated)" $((gives_before - $1)) &&
		is "$(counter pages_spare)" $((gives_before - $1)) &&
		is "$(counter shrinker_pages)" $((gives_said + $1)) &&
		is "$(counter shrinker_scans)" $((gives_scans + 1))
}

# Objects of a page each. A CPU adds up two MiB before it lets others know.
counts_what_waits() {
	waits_before=$(counted "$shrinker")
	put $((1024 * cpus)) /sys/module/rcu_headless_contexts/parameters/pages
	[ $(($(counted "$shrinker") - waits_before)) -ge $((512 * cpus)) ]
}

# An open page counts as full of what it was opened for.
counts_open_pages() {
	open_before=$(counted "$shrinker")
	put 1 /sys/module/rcu_headless_contexts/parameters/pages
	[ "$(counted "$shrinker")" -ge $((open_before + 100)) ]
}

# What is in open pages waits for no grace period yet, and is not sealed for being old.
brings_it() {
	put 100 /sys/module/rcu_headless_contexts/parameters/free
	brings_before=$(counter grace_periods)
	scan 1
	[ "$(counter grace_periods)" -gt "$brings_before" ]
}

# Of what was freed nothing is counted any more: empty pages alone.
counts_empty_pages() {
	empty=$(($(counter pages_allocated) - kept * cpus))
	is "$(counted "$shrinker")" $((empty > 0 ? empty : 0))
}

ktap_start 12
ktap_need insmod /modules/rcu_headless.ko spares=8
shrinker=$(echo /sys/kernel/debug/shrinker/rcu_headless-*)
if [ ! -w "$shrinker/scan" ]; then
	for what in "counts" "gives what it is asked for" "counts what is left" \
		"gives what it has" "counts nothing" "gives nothing" "brings what waits" \
		"counts open pages" "counts what waits" "counts that no more" "gives nothing that is kept" "is gone"; do
		ktap_skip "shrinker: $what" "needs CONFIG_SHRINKER_DEBUG"
	done
	rmmod rcu_headless
	exit 4
fi
all=$(((8 - kept) * cpus))
ktap_check "shrinker: counts" is "$(counted "$shrinker")" $all
ktap_check "shrinker: gives what it is asked for" gives 3 3
ktap_check "shrinker: counts what is left" is "$(counted "$shrinker")" $((all - 3))
ktap_check "shrinker: gives what it has" gives $((all - 3)) 1000000
ktap_check "shrinker: counts nothing" is "$(counted "$shrinker")" 0
ktap_check "shrinker: gives nothing" gives 0 1000000
rmmod rcu_headless

ktap_need insmod /modules/rcu_headless.ko drain_delay_ms=10000
shrinker=$(echo /sys/kernel/debug/shrinker/rcu_headless-*)
for module in canary contexts busy; do
	ktap_need insmod /modules/rcu_headless_$module.ko
done
if reader_at $((cpus - 1)); then
	ktap_check "shrinker: brings what waits" brings_it
	ktap_check "shrinker: counts open pages" counts_open_pages
	ktap_check "shrinker: counts what waits" counts_what_waits
	reader_leaves
	put 1 /sys/module/rcu_headless_contexts/parameters/barrier
	ktap_check "shrinker: counts that no more" wait_for 10 counts_empty_pages
else
	ktap_skip "shrinker: brings what waits" "needs two CPUs or preemption"
	ktap_skip "shrinker: counts open pages" "needs two CPUs or preemption"
	ktap_skip "shrinker: counts what waits" "needs two CPUs or preemption"
	ktap_skip "shrinker: counts that no more" "needs two CPUs or preemption"
fi
for module in _busy _contexts _canary ''; do
	rmmod rcu_headless$module
done

ktap_need insmod /modules/rcu_headless.ko spares=$kept
shrinker=$(echo /sys/kernel/debug/shrinker/rcu_headless-*)
ktap_check "shrinker: gives nothing that is kept" gives 0 1
rmmod rcu_headless
ktap_check "shrinker: is gone" [ ! -d "$shrinker" ]
ktap_end
