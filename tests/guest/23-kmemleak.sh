#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Objects that wait aren't leaks: kmemleak finds them in the pages of pointers, the
# only place where they still are.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

kmemleak=/sys/kernel/debug/kmemleak
module=/sys/module/rcu_headless_pending/parameters

centiseconds() {
	cut -d ' ' -f 1 /proc/uptime | tr -d .
}

# kmemleak doesn't report what is younger than five seconds when it begins.
old_enough() {
	[ $(($(centiseconds) - queued_at)) -gt 510 ]
}

# Has objects looked for that a reader keeps from being freed all the while: once for
# their checksums, which mustn't change, and once more when they are old enough.
looked_for() {
	queued_at=$(centiseconds)
	taskset 1 sh -c "echo 100 >$module/forget" || return 1
	echo scan >"$kmemleak"
	wait_for 6 old_enough
	echo scan >"$kmemleak"
	[ "$(counter pending)" -ge 100 ]
}

ktap_start 2
if [ ! -w $kmemleak ] || ! echo clear >"$kmemleak" 2>/dev/null; then
	ktap_skip "kmemleak: looks while objects wait" "needs CONFIG_DEBUG_KMEMLEAK"
	ktap_skip "kmemleak: they aren't leaks" "needs CONFIG_DEBUG_KMEMLEAK"
	exit 4
fi
ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_pending.ko
ktap_check "kmemleak: looks while objects wait" looked_for
sed 's/^/# /' $kmemleak
ktap_check "kmemleak: they aren't leaks" [ -z "$(cat $kmemleak)" ]
echo 0 >$module/forget
rmmod rcu_headless_pending
rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
