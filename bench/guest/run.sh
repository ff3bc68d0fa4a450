#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Measures: prints a line of CSV for each value, rounds of all peers in turns so that
# what drifts does so for all. The kernel's command line says how much: bench_plan=
# names a file beside this one, bench_rounds= how often (default: 7).

cd /bench || exit 1
# shellcheck source=../../tests/guest/lib/faults.sh
. /tests/lib/faults.sh

bench=/sys/kernel/debug/rcu_headless_bench
rounds=${bench_rounds:-7}
plan=${bench_plan:-full}

all="empty kfree synchronize_rcu call_rcu kfree_rcu mightsleep headless headless_slab headless_bulk headless_try headless_reserved"

# measure NAME "CONDITION" "PEERS": the condition is what the module is told. For
# synchronize_rcu(), which takes a grace period each time, nr=COUNT is cut to a few.
measure() {
	round=1
	while [ "$round" -le "$rounds" ]; do
		for peer in $3; do
			words=$2
			if [ "$peer" = synchronize_rcu ]; then
				words=$(echo "$words" | sed 's/nr=[0-9]*/nr=20/; s/burst=[0-9]*/burst=20/')
			fi
			if ! echo "$1 peer=$peer $words" >$bench/run; then
				echo "# failed: $1 peer=$peer $words"
				continue
			fi
			sed "s/^\([^ ]*\) \([^ ]*\) \([^ ]*\)\$/$round,$1,$2,$peer,\1,\2,\3/" $bench/result
		done
		round=$((round + 1))
	done
}

echo "round,measure,condition,peer,name,value,unit"
insmod /modules/rcu_headless.ko || exit 1
insmod /modules/rcu_headless_bench.ko || exit 1
faults_on
# shellcheck disable=SC1090
. "/bench/$plan.plan"
faults_off
rmmod rcu_headless_bench
rmmod rcu_headless
