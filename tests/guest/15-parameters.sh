#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The module's parameters: at load and later, good values and bad ones.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

module=/modules/rcu_headless.ko
parameters=/sys/module/rcu_headless/parameters

# has NAME VALUE
has() {
	is "$(cat "$parameters/$1")" "$2"
}

# set NAME VALUE: takes it and shows it
sets() {
	echo "$2" >"$parameters/$1" && has "$1" "$2"
}

# refuses NAME VALUE: says EINVAL, changes nothing, and logs it
refuses() {
	refuses_before=$(cat "$parameters/$1")
	dmesg -c >/dev/null
	if refuses_said=$( (echo "$2" >"$parameters/$1") 2>&1); then
		return 1
	fi
	echo "$refuses_said" | grep -q "Invalid argument" &&
		has "$1" "$refuses_before" &&
		dmesg | grep -q "rcu_headless: $1: want .* not \"$2\""
}

# load_fails NAME=VALUE
load_fails() {
	if load_fails_said=$(insmod "$module" "$1" 2>&1); then
		rmmod rcu_headless
		return 1
	fi
	echo "$load_fails_said" | grep -qi "invalid"
}

# A sixteenth of memory, 16 MiB at least; the kernel counts without what it has kept.
pending_mib_fits() {
	total=$(awk '$1 == "MemTotal:" { print int($2 / 1024 / 16) }' /proc/meminfo)
	has pending_mib $((total > 16 ? total : 16))
}

ktap_start 31
ktap_need insmod $module
ktap_check "spares: default" has spares 4
ktap_check "drain_delay_ms: default" has drain_delay_ms 100
ktap_check "expedited: default" has expedited N
ktap_check "check_double_free: default" has check_double_free N
ktap_check "pending_mib: default" pending_mib_fits
for value in 3 32; do
	ktap_check "spares: takes $value" sets spares $value
done
for value in 0 10000; do
	ktap_check "drain_delay_ms: takes $value" sets drain_delay_ms $value
done
for value in Y N; do
	ktap_check "expedited: takes $value" sets expedited $value
	ktap_check "check_double_free: takes $value" sets check_double_free $value
done
for value in 1 16777216; do
	ktap_check "pending_mib: takes $value" sets pending_mib $value
done
for value in 0 16777217; do
	ktap_check "pending_mib: refuses $value" refuses pending_mib $value
done
for value in 2 33 -1 many; do
	ktap_check "spares: refuses $value" refuses spares $value
done
ktap_check "drain_delay_ms: refuses 10001" refuses drain_delay_ms 10001
ktap_check "expedited: refuses 7" refuses expedited 7
ktap_check "check_double_free: refuses maybe" refuses check_double_free maybe
rmmod rcu_headless

ktap_check "loading with spares=2 fails" load_fails spares=2
ktap_check "loading with drain_delay_ms=x fails" load_fails drain_delay_ms=x
ktap_check "loading with spares and no value fails" load_fails spares

ktap_need insmod $module spares=7 expedited pending_mib=5
ktap_check "at load: expedited without a value" has expedited Y
ktap_check "at load: pending_mib" has pending_mib 5
cpus=$(grep -c '^processor' /proc/cpuinfo)
ktap_check "at load: as many spares as asked for" is "$(counter pages_spare)" $((7 * cpus))
ktap_check "nothing else is allocated" is "$(counter pages_allocated)" $((7 * cpus))
rmmod rcu_headless
ktap_end
