#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Unloading while RCU is behind with a CPU's callbacks: rmmod waits for those of the
# module, or they would be called when it is gone.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

module=/sys/module/rcu_headless_leftovers/parameters

# The module's own was given to RCU after the others.
has_waited() {
	is "$(cat "$module"/flood_called)" "$(cat "$module"/flood_nr)"
}

# Others' callbacks keep another CPU busy.
taskset -p 1 $$ >/dev/null

ktap_cpus 2 "unloading before late callbacks"
ktap_start 5
ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_leftovers.ko
ktap_check "callbacks are held up" sh -c "echo 1 >$module/flood"
ktap_check "one of the module is behind them" [ "$(counter grace_periods)" -gt 0 ]
ktap_check "rmmod succeeds" rmmod rcu_headless
ktap_check "it has waited for all" has_waited
ktap_check "the last callbacks are called" rmmod rcu_headless_leftovers
rmmod rcu_headless_canary
ktap_end
