#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Unloading with thousands of objects pending, while a reader keeps them from
# being freed: rmmod waits, frees all of them, and leaves nothing behind. Where the kernel
# has types for BPF, it has the module's as well.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

module=/sys/module/rcu_headless_leftovers/parameters

# The reader keeps another CPU busy.
taskset -p 1 $$ >/dev/null

ktap_cpus 2 "unloading under a reader"
ktap_start 10
ktap_need insmod /modules/rcu_headless.ko
if [ -e /sys/kernel/btf/vmlinux ]; then
	ktap_check "its types are known" [ -e /sys/kernel/btf/rcu_headless ]
else
	ktap_skip "its types are known" "needs CONFIG_DEBUG_INFO_BTF_MODULES"
fi
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_leftovers.ko

echo 1 >$module/hold
total=$(cat $module/alive)
ktap_check "thousands are alive" [ "$total" -gt 5000 ]
ktap_check "all of them are pending" is "$(counter pending)" "$total"

rmmod rcu_headless &
rmmod=$!
ktap_check "rmmod has begun" wait_for 60 unloading
ktap_check "its files are gone meanwhile" wait_for 60 [ ! -e /sys/kernel/debug/rcu_headless ]
# It can't be over before the reader is; a moment to be wrong in.
usleep 300000
ktap_check "rmmod waits for the reader" unloading
ktap_check "nothing is freed under the reader" is "$(cat $module/alive)" "$total"

echo 0 >$module/hold
ktap_check "rmmod succeeds" wait $rmmod
ktap_check "the reader had lost nothing" is "$(cat $module/lost)" 0
ktap_check "all are freed once it is unloaded" is "$(cat $module/alive)" 0

rmmod rcu_headless_leftovers
# Complains, and so fails the run, if an object is left in its cache.
rmmod rcu_headless_canary
ktap_end
