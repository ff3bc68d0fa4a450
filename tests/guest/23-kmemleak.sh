#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Objects that wait aren't leaks: kmemleak finds them in the pages of pointers, the
# only place where they still are.
#
# Others' objects are none of this test's business: while its reader keeps grace
# periods from ending, what the kernel itself has given to call_rcu() may look leaked,
# since kmemleak doesn't look into its own objects, which are links of the same chains.
# What has leaked indeed is still there for 90-leaks.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

kmemleak=/sys/kernel/debug/kmemleak
module=/sys/module/rcu_headless_leftovers/parameters

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
	# Not if it has given up for want of memory.
	echo scan >"$kmemleak" || return 1
	wait_for 6 old_enough
	echo "rcu_headless-test: allow kmemleak: [0-9]+ new suspected" >/dev/kmsg
	echo scan >"$kmemleak"
	looked_status=$?
	echo "rcu_headless-test: expect-end" >/dev/kmsg
	[ "$looked_status" -eq 0 ] && [ "$(counter pending)" -ge 100 ]
}

# What kmemleak says of objects that our modules have allocated.
ours() {
	awk '/^unreferenced object/ { show(); said = "" }
		{ said = said $0 "\n" }
		function show() { if (said ~ /\[rcu_headless/) printf "%s", said }
		END { show() }' "$kmemleak"
}

ktap_cpus 2 "kmemleak"
ktap_start 2
if [ ! -w $kmemleak ] || ! echo clear >"$kmemleak" 2>/dev/null; then
	ktap_skip "kmemleak: looks while objects wait" "needs CONFIG_DEBUG_KMEMLEAK"
	ktap_skip "kmemleak: they aren't leaks" "needs CONFIG_DEBUG_KMEMLEAK"
	exit 4
fi
ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_leftovers.ko
ktap_check "kmemleak: looks while objects wait" looked_for
ours | sed 's/^/# /'
ktap_check "kmemleak: they aren't leaks" [ -z "$(ours)" ]
echo 0 >$module/forget
rmmod rcu_headless_leftovers
rmmod rcu_headless
rmmod rcu_headless_canary
ktap_end
