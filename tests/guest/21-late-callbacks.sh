#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Unloading while RCU is behind with a CPU's callbacks: rmmod waits for those of the
# module, or they would be called when it is gone.

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

module=/sys/module/rcu_headless_leftovers/parameters

# Others' callbacks keep another CPU busy.
taskset -p 1 $$ >/dev/null

ktap_start 3
ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_leftovers.ko
ktap_check "callbacks are held up" sh -c "echo 1 >$module/flood"
ktap_check "rmmod succeeds" rmmod rcu_headless
ktap_check "the last callbacks are called" rmmod rcu_headless_leftovers
rmmod rcu_headless_canary
ktap_end
