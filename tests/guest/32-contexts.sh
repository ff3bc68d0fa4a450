#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The calls for atomic context, where code can be that others don't think of: in the
# interrupt of a timer, in probes under the locks of timers, workqueues and the scheduler, in
# an NMI.
# As long as there is room nothing is refused, and all is freed.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

contexts=/sys/module/rcu_headless_contexts/parameters

# frees FILE: so many, and nothing goes wrong
frees() {
	frees_made=$(cat "$contexts"/made)
	frees_freed=$(stats_sum 'freed_.*')
	returns put 100 "$contexts/$1" &&
		is "$(cat "$contexts"/made)" $((frees_made + 100)) &&
		is "$(stats_sum 'freed_.*')" $((frees_freed + 100)) &&
		nothing_pending
}

ktap_start 10
# More than one at once on each CPU; what was put in first is moved on meanwhile.
ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_contexts.ko
for context in hrtimer timer_start queue_work sched_switch nmi; do
	if [ ! -e $contexts/$context ]; then
		ktap_skip "$context" "not on this kernel"
		continue
	fi
	ktap_check "$context: all are freed" frees $context
done
ktap_check "a reserve grows while it is used" returns put 5 $contexts/growing
ktap_check "none is refused" is "$(cat $contexts/refused)" 0
ktap_check "none is leaked" is "$(counter leaked)" 0
ktap_check "nothing is taken for misuse" is "$(stats_sum 'misuse_.*')" 0
if [ -e $contexts/nmi ]; then
	ktap_check "there were NMIs" [ "$(cat $contexts/nmi)" -ge 100 ]
else
	ktap_skip "there were NMIs" "not on this kernel"
fi
ktap_need returns rmmod rcu_headless_contexts
ktap_need returns rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
