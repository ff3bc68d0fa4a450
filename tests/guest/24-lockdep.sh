#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What lockdep takes the module's work for: draining, sealing, moving and refilling
# are classes of their own, so that waiting for one of them isn't taken for waiting
# for what another one waits for.

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

leftovers=/sys/module/rcu_headless_leftovers/parameters

if [ ! -r /proc/lockdep ]; then
	ktap_start 1
	ktap_skip "classes of work" "needs CONFIG_PROVE_LOCKING"
	exit 4
fi
ktap_start 4
ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_leftovers.ko
ktap_need insmod /modules/rcu_headless_contexts.ko
# Lockdep knows a class from its first use on: more pages than there are spares are
# filled, and then all work is waited for.
echo 1 >/sys/module/rcu_headless_contexts/parameters/atomic
echo 1 >$leftovers/hold
echo 0 >$leftovers/hold
echo drain >/sys/kernel/debug/rcu_headless/control
for kind in drain sealer mover refill; do
	ktap_check "$kind is a class of its own" \
		wait_for 60 grep -qw "rcu_headless_$kind" /proc/lockdep
done
rmmod rcu_headless_contexts
rmmod rcu_headless_leftovers
rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
