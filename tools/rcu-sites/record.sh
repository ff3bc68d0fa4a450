#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# usage: record.sh SECONDS
#        record.sh -- COMMAND...
#
# Records who waits in synchronize_rcu() and synchronize_rcu_expedited() on the running
# kernel, and for how long: for so many seconds, or while a command runs, which has no
# input and whose output goes to stderr. As root. On stdout is a histogram of the kernel's
# own over stacks, for rank-sites --from. Any POSIX shell will do, busybox's too.
# 1024 tasks can be seen waiting at once, and 4096 in all; waits lost are counted.
#
# The kernel needs CONFIG_KPROBE_EVENTS, CONFIG_FUNCTION_TRACER and CONFIG_HIST_TRIGGERS.
# Probes and histograms are in an instance of their own of tracefs, and are removed at the
# end; other tracing goes on undisturbed.
set -u

# die MESSAGE [WHAT TO DO NEXT]
die() {
	echo "error: $1" >&2
	[ $# -lt 2 ] || echo "       $2" >&2
	exit 1
}

case ${1-} in
-h | --help)
	sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0"
	exit 0
	;;
--)
	shift
	seconds=
	[ $# -gt 0 ] || die "which command?" "$0 --help"
	;;
*)
	seconds=${1-}
	case $seconds in
	'' | *[!0-9]* | 0) die "for how many seconds?" "$0 --help" ;;
	esac
	[ $# -eq 1 ] || die "a command comes after --" "$0 --help"
	;;
esac

[ "$(id -u)" -eq 0 ] || die "only root can trace" "sudo $0 ..."
tracefs=/sys/kernel/tracing
[ -e $tracefs/trace ] || tracefs=/sys/kernel/debug/tracing
if [ ! -e $tracefs/trace ] && grep -qw tracefs /proc/filesystems; then
	die "tracefs isn't mounted" "mount -t tracefs tracefs /sys/kernel/tracing"
fi
[ -e $tracefs/kprobe_events ] || die "this kernel has no probes" "It needs CONFIG_KPROBE_EVENTS=y."
# Otherwise probes are jumps to code of their own, and nothing is found on the stack below.
[ -e $tracefs/available_filter_functions ] ||
	die "this kernel has no tracing of functions" "It needs CONFIG_FUNCTION_TRACER=y."
[ -e $tracefs/synthetic_events ] ||
	die "this kernel has no histograms" "It needs CONFIG_HIST_TRIGGERS=y."

# name GROUP: what a recording has to itself, apart from any other's
name() {
	group=$1
	instance=$tracefs/instances/$group
	events=$instance/events/$group
	enter=${group}_enter
	leave=${group}_leave
	waited=$instance/events/synthetic/$group
	on_enter='hist:keys=common_pid:start=common_timestamp.usecs,from=common_stacktrace:size=4096'
	on_leave="hist:keys=common_pid:usecs=common_timestamp.usecs-\$start,stack=\$from:size=4096"
	on_leave="$on_leave:onmatch($group.$enter).trace($group,\$stack,\$usecs)"
	on_waited='hist:keys=stack.stacktrace:vals=usecs:sort=usecs:size=4096'
}

# What depends on something else goes before it.
remove() {
	[ ! -e "$waited/trigger" ] || echo "!$on_waited" >"$waited/trigger"
	[ ! -e "$events/$leave/trigger" ] || echo "!$on_leave" >"$events/$leave/trigger"
	[ ! -e "$events/$enter/trigger" ] || echo "!$on_enter" >"$events/$enter/trigger"
	[ ! -d "$instance" ] || rmdir "$instance"
	echo "!$group" >>"$tracefs/synthetic_events"
	for event in "$enter" "$leave"; do
		echo "-:$group/$event" >>"$tracefs/kprobe_events"
	done
} 2>/dev/null

# What recordings have left that were killed.
for left in $({
	ls "$tracefs/instances"
	cat "$tracefs/kprobe_events" "$tracefs/synthetic_events"
} | grep -o 'rank_sites_[0-9]*' | sort -u); do
	if [ ! -d "/proc/${left##*_}" ]; then
		name "$left"
		remove
	fi
done

# Called by traps.
# shellcheck disable=SC2317
clean_up() {
	trap '' HUP INT PIPE TERM
	[ -z "$running" ] || kill -TERM "-$running" 2>/dev/null
	remove
}
name rank_sites_$$
running=
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

# put FILE WORDS: into a file of tracefs; says what it was if it doesn't take it
put() {
	(echo "$2" >>"$1") 2>/dev/null || die "the kernel refuses: $2" \
		"$(tail -n 3 "$tracefs/error_log" 2>/dev/null)"
}

for function in synchronize_rcu synchronize_rcu_expedited; do
	put $tracefs/kprobe_events "p:$group/$enter $function"
	put $tracefs/kprobe_events "r1024:$group/$leave $function"
done
put $tracefs/synthetic_events "$group unsigned long stack[]; u64 usecs"
mkdir "$instance" || die "can't make $instance"
put "$events/$enter/trigger" "$on_enter"
put "$events/$leave/trigger" "$on_leave"
put "$waited/trigger" "$on_waited"

# In the background, so that an interrupt is acted upon at once, and apart, so that all of
# it ends with us.
if [ -n "$seconds" ]; then
	echo "==> Recording for $seconds s" >&2
	set -- sleep "$seconds"
else
	echo "==> Recording while this runs: $*" >&2
fi
setsid "$@" >&2 </dev/null &
running=$!
status=0
wait $running || status=$?
running=

echo "# rank-sites: kernel $(uname -r)"
# Those that a probe, or a histogram by process, had no place for.
lost=$({
	grep "Dropped:" "$events/$enter/hist" "$events/$leave/hist"
	awk -v of="$group" 'index($1, of) { print "Missed:", $3 }' "$tracefs/kprobe_profile"
} | awk '{ sum += $NF } END { print sum + 0 }')
echo "# lost: $lost"
cat "$waited/hist" || die "there is no histogram"
exit $status
