#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Suspending, as far as the kernel's own test of it goes, with objects pending: it
# isn't held up, and all are freed afterwards.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

module=/sys/module/rcu_headless_pending/parameters

suspend() {
	echo "$1" >/sys/power/pm_test && echo freeze >/sys/power/state
}

all_online() {
	[ "$(grep -c '^processor' /proc/cpuinfo)" -eq "$cpus" ]
}

all_freed() {
	[ "$(cat "$module/alive")" -eq 0 ]
}

ktap_start 5
if [ ! -w /sys/power/pm_test ]; then
	for what in "pending" "tasks" "devices" "CPUs" "freed"; do
		ktap_skip "suspend: $what" "needs CONFIG_PM_DEBUG"
	done
	exit 4
fi
echo 1 >/sys/module/suspend/parameters/pm_test_delay
cpus=$(grep -c '^processor' /proc/cpuinfo)

ktap_need insmod /modules/rcu_headless.ko drain_delay_ms=10000
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_pending.ko
# Full pages may go at once, open ones wait longer than the test takes.
echo 1 >$module/hold
echo 0 >$module/hold
ktap_check "objects are pending" [ "$(cat $module/alive)" -gt 0 ]
ktap_check "tasks can be frozen" suspend freezer
ktap_check "devices can be suspended" suspend devices
ktap_check "the CPUs are all there" all_online
ktap_check "all objects are freed" wait_for 60 all_freed
echo none >/sys/power/pm_test

rmmod rcu_headless_pending
rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
