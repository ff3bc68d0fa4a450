#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Measures: prints a line of CSV for each value, a round of all peers after the other,
# so that what drifts does so for all. The kernel's command line says what and how much:
# bench_plan= names a file beside this one, bench_rounds= how often (default: 7),
# bench_quick=1 leaves most conditions out.
#
# Plans use the variables.
# shellcheck disable=SC2034

cd /bench || exit 1
# shellcheck source=../../tests/guest/lib/faults.sh
. /tests/lib/faults.sh

bench=/sys/kernel/debug/rcu_headless_bench
rounds=${bench_rounds:-7}

# Those that one would take for most objects, and all.
main="call_rcu kfree_rcu mightsleep headless"
every="empty kfree synchronize_rcu $main headless_slab headless_bulk headless_try headless_reserved"

# pick QUICK FULL
pick() {
	if [ -n "$bench_quick" ]; then echo "$1"; else echo "$2"; fi
}

# Who takes long is measured less often: a few objects will do where each takes a grace period.
words_for() {
	case $1 in
	synchronize_rcu) echo "$2" | sed 's/nr=[0-9]*/nr=10/; s/burst=[0-9]*/burst=10/' ;;
	# It sleeps between batches.
	headless_try) echo "$2" | sed 's/nr=[0-9]*[0-9]\{5\}/nr=20480/' ;;
	*) echo "$2" ;;
	esac
}

# measure NAME "CONDITION" "PEERS": the condition is what the module is told.
measure() {
	round=0
	# The first isn't counted: caches are cold, and workers not there yet.
	while [ "$round" -le "$rounds" ]; do
		for peer in $3; do
			case $2 in
			# As when memory is short: all shrinkers have been asked.
			*failing=1*) echo 2 >/proc/sys/vm/drop_caches ;;
			esac
			if ! echo "$1 peer=$peer $(words_for "$peer" "$2")" >$bench/run; then
				echo "# failed: $1 $peer $2"
			elif [ "$round" -gt 0 ]; then
				sed "s/^\([^ ]*\) \([^ ]*\) \([^ ]*\)\$/$round,$1,$2,$peer,\1,\2,\3/" \
					$bench/result
			fi
		done
		round=$((round + 1))
	done
}

insmod /modules/rcu_headless.ko || exit 1
insmod /modules/rcu_headless_bench.ko || exit 1
faults_on
# In tasks that ask, nothing is to be had of the slab allocator either: kfree_rcu() has
# its own arrays from there.
# shellcheck disable=SC2154
if [ -d "$slab_faults" ]; then
	echo Y >"$slab_faults/task-filter"
	echo -1 >"$slab_faults/times"
	echo 100 >"$slab_faults/probability"
fi
echo "round,measure,condition,peer,name,value,unit"
# shellcheck disable=SC1090,SC2154
. "/bench/$bench_plan.plan"
echo 0 >"$slab_faults/probability"
faults_off
rmmod rcu_headless_bench
rmmod rcu_headless
