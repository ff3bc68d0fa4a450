#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The demo, in the guest: retire objects both ways, then show the counters.

set -e

stats=/sys/kernel/debug/rcu_headless/stats
parameters=/sys/module/rcu_headless_demo/parameters

insmod /modules/rcu_headless.ko
insmod /modules/rcu_headless_demo.ko

echo "Replacing an RCU-protected configuration:"
echo 20 >$parameters/synchronize
echo 100000 >$parameters/headless
dmesg | sed -n 's/.*rcu_headless_demo: /  /p'

echo "Counters while the last ones wait for their grace period ($stats):"
sed 's/^/  /' $stats

# Unloading waits until all has been freed.
rmmod rcu_headless_demo
rmmod rcu_headless
echo "Unloaded: all objects were freed first."
