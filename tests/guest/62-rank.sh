#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# rank-sites records who waits for RCU: MPLS as it is in the kernel, when its table of labels
# is replaced, and no more once that is converted. It leaves nothing behind, also when
# it is interrupted, and says what a kernel lacks for it.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

[ -f /modules/mpls_router-converted.ko ] || exit 4

tracefs=/sys/kernel/tracing
labels=/proc/sys/net/mpls/platform_labels
replacements=20

# The first table takes the place of none.
cat >/tmp/replace <<-EOF
	size=1000
	while [ \$size -le $((1000 + replacements)) ]; do
		echo \$size >$labels || exit 1
		size=\$((size + 1))
	done
EOF

record() {
	sh /rank/record.sh "$@"
}

# calls FILE: how often was waited from MPLS
calls() {
	awk '/^\{/ { ours = 0 } /\[mpls_router\]/ { ours = 1 }
		/^\} hitcount:/ && ours { calls += $3 } END { print calls + 0 }' "$1"
}

# longest FILE: the stack with which most time was lost
longest() {
	awk '/^\{/ { stack = "" } { stack = stack $0 "\n" }
		/^\} hitcount:/ && $5 > most { most = $5; longest = stack }
		END { printf "%s", longest }' "$1"
}

nothing_left() {
	[ -z "$(cat "$tracefs/kprobe_events" "$tracefs/synthetic_events")" ] &&
		is "$(ls "$tracefs/instances")" ""
}

# With all set up, the last trigger too.
is_recording() {
	cat "$tracefs"/instances/*/events/synthetic/rank_sites_*/trigger 2>/dev/null | grep -q ^hist
}

# The second one begins and ends while the first one goes on.
recording_both() {
	record -- sh -c "until [ -e /tmp/second ]; do usleep 10000; done" >/tmp/one &
	wait_for 200 is_recording && record -- sh /tmp/replace >/tmp/two
	: >/tmp/second
	wait $! && [ "$(calls /tmp/one)" -ge "$replacements" ] &&
		[ "$(calls /tmp/two)" -ge "$replacements" ]
}

# The command, and what it has started, end as well.
interrupted() {
	rm -f /tmp/begun
	# Not by a shell in between, which wouldn't pass it on.
	sh /rank/record.sh -- sh -c 'echo $$ >/tmp/begun; sleep 1000; true' >/tmp/interrupted &
	wait_for 200 test -s /tmp/begun || return 1
	kill "-$1" $!
	! wait $! && wait_for 200 all_ended "$(cat /tmp/begun)"
}

all_ended() {
	! kill -0 "-$1"
} 2>/dev/null

# One that is killed can't remove anything; the next one does, but for what it ran.
killed() {
	rm -f /tmp/begun
	sh /rank/record.sh -- sh -c 'echo $$ >/tmp/begun; sleep 1000; true' >/tmp/killed &
	wait_for 200 test -s /tmp/begun && kill -KILL $! && ! wait $! && is_recording &&
		record -- true >/dev/null && kill -KILL "-$(cat /tmp/begun)"
}

says_what_it_lacks() {
	! record 1 2>/tmp/lacks >/dev/null && cat /tmp/lacks && grep -q "It needs CONFIG_" /tmp/lacks
}

ktap_start 12
if [ ! -e $tracefs/kprobe_events ]; then
	ktap_check "it says what the kernel lacks" says_what_it_lacks
	for nr in 2 3 4 5 6 7 8 9 10 11 12; do
		ktap_skip "test $nr of 12" "needs CONFIG_KPROBE_EVENTS"
	done
	ktap_end
fi
[ ! -f /modules/ip_tunnel.ko ] || ktap_need insmod /modules/ip_tunnel.ko
ktap_need insmod /modules/mpls_router-plain.ko
record -- sh /tmp/replace >/tmp/plain
ktap_result "recording while a command runs" $?
sed 's/^/# /' /tmp/plain
ktap_check "each wait is counted" is "$(calls /tmp/plain)" $replacements
longest /tmp/plain >/tmp/longest
ktap_check "who waits most is found" grep -q mpls_platform_labels /tmp/longest
ktap_check "nothing is left behind" nothing_left
ktap_check "two recordings at once" recording_both
ktap_check "it can be interrupted" interrupted TERM
ktap_check "or hung up on" interrupted HUP
ktap_check "and leaves nothing behind" nothing_left
ktap_check "it can be killed" killed
ktap_check "and what it has left is removed" nothing_left
rmmod mpls_router

ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/mpls_router-converted.ko
record -- sh /tmp/replace >/tmp/converted
ktap_result "recording it converted" $?
sed 's/^/# /' /tmp/converted
ktap_check "converted, it waits no more" is "$(calls /tmp/converted)" 0
rmmod mpls_router
rmmod rcu_headless
[ ! -f /modules/ip_tunnel.ko ] || rmmod ip_tunnel
ktap_end
