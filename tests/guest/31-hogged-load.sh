#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Loads that fail half-way, as in 30-load-failure, while a real-time loop keeps a CPU to
# itself: what was set up by then goes without it. With every fourth allocation that fails.

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh
# shellcheck source=lib/hog.sh
. /tests/lib/hog.sh

# shellcheck disable=SC2034
load_step=4
taskset -p 1 $$ >/dev/null
last=$(($(grep -c '^processor' /proc/cpuinfo) - 1))
ktap_cpus 2 "failed loads beside a CPU that is held"
if hog_keeps_rcu; then
	ktap_start 1
	ktap_skip "failed loads beside a CPU that is held" \
		"needs RCU_BOOST and rcutree.kthread_prio=99"
	exit 4
fi
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_busy.ko
# The first event has each CPU make its buffer larger by work of its own.
event=/sys/kernel/tracing/events/initcall/initcall_start/enable
if [ -e $event ]; then
	put 1 $event
	put 0 $event
fi
hogs_on
trap 'hog_stop; hogs_off; rmmod rcu_headless_busy; rmmod rcu_headless_canary' EXIT
ktap_need hog_start "$last" thread

# shellcheck source=30-load-failure.sh
. /tests/30-load-failure.sh
