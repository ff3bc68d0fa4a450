# SPDX-License-Identifier: GPL-2.0
#
# For the scripts beside this one: results in KTAP.
# shellcheck shell=sh

ktap_nr=0
ktap_failed=0

# ktap_start PLAN
ktap_start() {
	echo "KTAP version 1"
	echo "1..$1"
}

# ktap_result NAME STATUS: 0 is a pass
ktap_result() {
	ktap_nr=$((ktap_nr + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $ktap_nr $1"
	else
		echo "not ok $ktap_nr $1"
		ktap_failed=1
	fi
}

# ktap_check NAME COMMAND...: passes when the command succeeds
ktap_check() {
	ktap_name=$1
	shift
	if "$@"; then
		ktap_result "$ktap_name" 0
	else
		echo "# $ktap_name: failed: $*"
		ktap_result "$ktap_name" 1
	fi
}

# ktap_skip NAME REASON
ktap_skip() {
	ktap_nr=$((ktap_nr + 1))
	echo "ok $ktap_nr $1 # SKIP $2"
}

# ktap_skip_each N NAME REASON: so many
ktap_skip_each() {
	for ktap_each in $(seq "$1"); do
		ktap_skip "$2: $ktap_each of $1" "$3"
	done
}

# ktap_cpus N WHAT: skips the script where there are fewer CPUs
ktap_cpus() {
	[ "$(grep -c '^processor' /proc/cpuinfo)" -lt "$1" ] || return 0
	ktap_start 1
	ktap_skip "$2" "needs $1 CPUs"
	exit 4
}

# ktap_need COMMAND...: without this the rest makes no sense
ktap_need() {
	"$@" || {
		echo "Bail out! $*"
		exit 1
	}
}

ktap_end() {
	exit "$ktap_failed"
}

# wait_for SECONDS COMMAND...: until the command succeeds, or fails in the end
wait_for() {
	wait_left=$(($1 * 10))
	shift
	until "$@"; do
		wait_left=$((wait_left - 1))
		[ "$wait_left" -gt 0 ] || return 1
		usleep 100000
	done
}

# returns COMMAND...: it comes back, with success; in a minute it would have
returns() {
	returns_within 60 "$@"
}

# returns_within SECONDS COMMAND...
returns_within() {
	returns_limit=$1
	shift
	# What is late still has its own.
	returns_status=$(mktemp)
	(
		"$@"
		echo $? >"$returns_status"
	) &
	wait_for "$returns_limit" test -s "$returns_status" && is "$(cat "$returns_status")" 0
}

# put VALUE FILE
put() {
	echo "$1" >"$2"
}

reader=/sys/module/rcu_headless_busy/parameters/reader

# reader_at CPU: a reader there keeps grace periods from ending; it leaves when the script
# does, at the latest
reader_at() {
	trap reader_leaves EXIT
	put "$1" $reader
}

reader_leaves() {
	trap - EXIT
	put -1 $reader
}

# is VALUE EXPECTED
is() {
	[ "$1" = "$2" ]
}

# counter NAME: one of the module's counters
counter() {
	sed -n "s/^$1 //p" /sys/kernel/debug/rcu_headless/stats
}

# unloading: whether the module is on its way out
unloading() {
	grep -q '^rcu_headless .* Unloading ' /proc/modules
}

# nothing_pending: whether all that the module was given is freed
nothing_pending() {
	is "$(counter pending)" 0
}

# stats_sum REGEX: of the counters whose whole names match
stats_sum() {
	awk -v regex="^($1)\$" '$1 ~ regex { sum += $2 } END { print sum + 0 }' \
		/sys/kernel/debug/rcu_headless/stats
}
