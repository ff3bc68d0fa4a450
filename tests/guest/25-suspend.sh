#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Suspending, as far as the kernel's own test of it goes, with objects pending on
# all CPUs: it isn't held up, the CPUs come back, and all objects are freed.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

module=/sys/module/rcu_headless_leftovers/parameters
levels="freezer devices platform processors core"

# The last levels, where CPUs go down, are there only if the machine can sleep.
sleep_state() {
	if grep -q deep /sys/power/mem_sleep 2>/dev/null; then
		echo deep >/sys/power/mem_sleep
		echo mem
	else
		echo freeze
	fi
}

reaches() {
	[ "$state" = mem ] || [ "$1" = freezer ] || [ "$1" = devices ]
}

suspend() {
	echo "$1" >/sys/power/pm_test && echo "$state" >/sys/power/state
}

all_online() {
	[ "$(grep -c '^processor' /proc/cpuinfo)" -eq "$cpus" ]
}

all_freed() {
	[ "$(cat "$module/alive")" -eq 0 ]
}

test_level() {
	ktap_need insmod /modules/rcu_headless_leftovers.ko
	# Full pages may go at once, open ones wait for longer than a suspend takes.
	echo 1 >$module/hold
	echo 0 >$module/hold
	ktap_check "$1: objects are pending" [ "$(cat $module/alive)" -gt 0 ]
	ktap_check "$1: suspend succeeds" suspend "$1"
	ktap_check "$1: the CPUs are all there" all_online
	ktap_check "$1: all objects are freed" wait_for 60 all_freed
	# Counted a moment after they are freed.
	ktap_check "$1: nothing is pending" wait_for 60 nothing_pending
	rmmod rcu_headless_leftovers
}

skip_level() {
	for what in "objects are pending" "suspend succeeds" "the CPUs are all there" \
		"all objects are freed" "nothing is pending"; do
		ktap_skip "$1: $what" "$2"
	done
}

ktap_start 25
if [ ! -w /sys/power/pm_test ]; then
	for level in $levels; do
		skip_level "$level" "needs CONFIG_PM_DEBUG"
	done
	exit 4
fi
echo 0 >/sys/module/suspend/parameters/pm_test_delay
cpus=$(grep -c '^processor' /proc/cpuinfo)
state=$(sleep_state)

ktap_need insmod /modules/rcu_headless.ko drain_delay_ms=1500
ktap_need insmod /modules/rcu_headless_canary.ko
for level in $levels; do
	if reaches "$level"; then
		test_level "$level"
	else
		skip_level "$level" "needs a machine that suspends to memory"
	fi
done
echo none >/sys/power/pm_test

rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
