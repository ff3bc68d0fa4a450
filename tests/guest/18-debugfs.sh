#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The files in debugfs as a user meets them: who may read, what is in them, and
# what can be written.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

dir=/sys/kernel/debug/rcu_headless
module=/sys/module/rcu_headless_leftovers/parameters

mode() {
	is "$(stat -c %a "$dir/$1")" "$2"
}

# The columns' sums, as the lines that stats begins with.
sums() {
	awk 'NR == 1 { for (i = 2; i <= NF; i++) name[i] = $i; columns = NF; next }
	     { for (i = 2; i <= NF; i++) sum[i] += $i }
	     END { for (i = 2; i <= columns; i++) print name[i], sum[i] }' "$dir"/per_cpu
}

same_sums() {
	sums >/tmp/sums
	head -n "$(wc -l </tmp/sums)" "$dir"/stats >/tmp/stats
	cmp /tmp/sums /tmp/stats
}

a_row_for_each_cpu() {
	is "$(awk 'NR > 1 { print $1 }' "$dir"/per_cpu)" \
		"$(sed -n 's/^processor[^0-9]*//p' /proc/cpuinfo)"
}

well_formed() {
	! grep -qvE "$1" "$2"
}

# refuses FILE WORD
refuses() {
	if refuses_said=$( (echo "$2" >"$dir/$1") 2>&1); then
		return 1
	fi
	echo "$refuses_said" | grep -q "Invalid argument"
}

ktap_start 16
ktap_need insmod /modules/rcu_headless.ko drain_delay_ms=10000
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_leftovers.ko
ktap_check "stats: for root to read" mode stats 400
ktap_check "per_cpu: for root to read" mode per_cpu 400
ktap_check "control: for root to read and write" mode control 600
ktap_check "stats: lines of name and value" well_formed '^[a-z_]+ -?[0-9]+$' "$dir"/stats
ktap_check "per_cpu: a row for each CPU" a_row_for_each_cpu
ktap_check "per_cpu: adds up to stats" same_sums

echo 1 >$module/hold
echo 0 >$module/hold
ktap_check "objects are pending" [ "$(cat $module/alive)" -gt 0 ]
ktap_check "control: takes drain" sh -c "echo drain >$dir/control"
ktap_check "control: all is freed then" is "$(cat $module/alive)" 0
ktap_check "per_cpu: adds up to stats again" same_sums
ktap_check "per_cpu: there is something to add up" grep -q '^freed_slab [1-9]' /tmp/sums
for word in drained "drain drain" " " 0123456789012345678901234567890; do
	ktap_check "control: refuses '$word'" refuses control "$word"
done
ktap_check "stats: refuses a word, be it root's" refuses stats drain

rmmod rcu_headless_leftovers
rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
