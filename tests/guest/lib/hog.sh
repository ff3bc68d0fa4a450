# SPDX-License-Identifier: GPL-2.0
#
# CPUs that a real-time loop has to itself: by a kernel thread of rcu_headless_busy, or
# by a process, which queues objects there first if it is to.
# shellcheck shell=sh

hog_servers=/sys/kernel/debug/sched
# That of the kernel thread, too.
hog_priority=98
hog_rt_runtime=/proc/sys/kernel/sched_rt_runtime_us

# Nothing is taken from real-time tasks: neither by throttling, nor by the server that
# runs others in between. That of a CPU that is offline refuses to be told.
hogs_on() {
	hog_rt_before=$(cat $hog_rt_runtime)
	# A script that gives up leaves the machine as it was, too.
	trap 'hog_stop; hogs_off' EXIT
	put -1 $hog_rt_runtime || return 1
	for hog_server in "$hog_servers"/*_server/cpu*/runtime; do
		[ ! -w "$hog_server" ] || echo 0 >"$hog_server"
	done 2>/dev/null
}

hogs_off() {
	trap - EXIT
	for hog_server in "$hog_servers"/*_server/cpu*/runtime; do
		[ ! -w "$hog_server" ] || echo 50000000 >"$hog_server"
	done 2>/dev/null
	echo "$hog_rt_before" >$hog_rt_runtime
}

# hog_keeps_rcu: whether it keeps RCU's own threads from the CPU, if it has any, and so all
# grace periods from ending
hog_keeps_rcu() {
	hog_rcuc=$(cat /proc/[0-9]*/stat 2>/dev/null | grep -F '(rcuc/0)') || return 1
	# The real-time priority.
	[ "$(echo "$hog_rcuc" | cut -d ' ' -f 40)" -le $hog_priority ]
}

# hog_start CPU thread|process [FILE TEXT]: returns when it has begun
hog_start() {
	hog_cpu=$1 hog_kind=$2
	shift 2
	if [ "$hog_kind" = thread ]; then
		if [ $# -gt 0 ]; then
			taskset -c "$hog_cpu" sh -c "echo '$2' >$1" || return 1
		fi
		hog_pid=
		put "$hog_cpu" /sys/module/rcu_headless_busy/parameters/hog
	else
		rm -f /tmp/spins
		/tests/spin "$hog_cpu" $hog_priority "$@" >/tmp/spins &
		hog_pid=$!
		wait_for 20 test -s /tmp/spins
	fi
}

hog_stop() {
	if [ -n "${hog_pid-}" ]; then
		kill -KILL "$hog_pid"
		wait "$hog_pid" 2>/dev/null
		hog_pid=
	elif [ -e /sys/module/rcu_headless_busy ]; then
		echo -1 >/sys/module/rcu_headless_busy/parameters/hog
	fi
}
