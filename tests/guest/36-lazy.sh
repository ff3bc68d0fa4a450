#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot: rcu_nocbs=all
# kernels: x86_64 x86_64-isolated
#
# Where RCU puts callbacks off to save power, objects don't wait for that: one is freed
# before callbacks of others that were put off when it was queued.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

contexts=/sys/module/rcu_headless_contexts/parameters

ktap_start 5
ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_contexts.ko
for nr in 1 2 3 4 5; do
	# Nothing runs meanwhile: what others give to RCU in a hurry takes along what has
	# been put off on the same CPU, for ten seconds at the most.
	ktap_need put 1 $contexts/lazy
	echo "# $(cat $contexts/lazy)"
	ktap_check "an object is freed first, $nr of 5" is "$(cat $contexts/lazy)" "object first"
done
ktap_need returns rmmod rcu_headless_contexts
ktap_need returns rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
