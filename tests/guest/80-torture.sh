#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The torture: readers and writers of rcu_headless_torture, with one disturbance
# after another and then all together. The kernel's command line may say for how
# long (torture_seconds=) and what chance begins with (torture_seed=).
#
# The functions are called by name.
# shellcheck disable=SC2154,SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh
# shellcheck source=lib/disturb.sh
. /tests/lib/disturb.sh

torture=/sys/module/rcu_headless_torture/parameters
seconds=${torture_seconds:-35}
seed=${torture_seed:-1}
alone=${TORTURE_ALONE:-offline faults hog expedited files callers hogged contexts growing memcg}
# With little time the whole of it is better than a little of each.
[ "$seconds" -ge 120 ] || phases="none offline faults reload all"
phases=${TORTURE_PHASES:-${phases:-none $alone reload all}}

# Loads both, waits and stops the torture; with what disturbs it meanwhile.
rounds=0
round() {
	rounds=$((rounds + 1))
	# The kernel's own counts CPUs from when it is loaded, and loses some of them.
	insmod /modules/torture.ko || return 1
	insmod /modules/rcu_headless.ko "drain_delay_ms=$((rounds % 3 * 20))" || return 1
	# shellcheck disable=SC2046
	insmod /modules/rcu_headless_torture.ko "seed=$((seed * 1000 + rounds))" \
		$(disturb_parameters "$2") || return 1
	disturb_start "$2"
	sleep "$1"
	echo 1 >"$torture"/stop
	disturb_stop
}

# agree NAME VALUE TEST EXPECTED: a line about it if not
agree() {
	test "$2" "$3" "$4" && return
	echo "# $1 is $2, want $3 $4"
	return 1
}

# What must be so when the torture has been stopped. Other modules may have queued.
verdict() {
	verdict=0
	made=$(cat "$torture/made")
	queued=$(stats_sum 'queued_.*')
	if disturb_queues "$1"; then
		agree queued "$queued" -ge "$made"
	else
		agree queued "$queued" -eq "$made"
	fi || verdict=1
	agree freed "$(stats_sum 'freed_.*')" -eq "$queued" || verdict=1
	agree made "$made" -gt 0 || verdict=1
	for name in reads barriers; do
		agree "$name" "$(cat "$torture/$name")" -gt 0 || verdict=1
	done
	agree errors "$(cat "$torture/errors")" -eq 0 || verdict=1
	for name in pending parked leaked 'misuse_.*'; do
		agree "$name" "$(stats_sum "$name")" -eq 0 || verdict=1
	done
	agree "objects of vmalloc left" \
		"$(grep -cE '(torture_object_new|class_alloc)\+' /proc/vmallocinfo)" -eq 0 ||
		verdict=1
	return "$verdict"
}

total_objects=0 total_reads=0 total_periods=0 total_failed=0 total_fallbacks=0
total_barriers=0 total_refused=0 total_held_back=0
add_up() {
	total_objects=$((total_objects + made))
	total_reads=$((total_reads + $(cat "$torture/reads")))
	total_barriers=$((total_barriers + $(cat "$torture/barriers")))
	total_refused=$((total_refused + $(cat "$torture/refused")))
	total_failed=$((total_failed + $(cat "$torture/no_memory")))
	total_periods=$((total_periods + $(counter grace_periods)))
	total_fallbacks=$((total_fallbacks + $(counter fallbacks)))
	total_held_back=$((total_held_back + $(counter held_back)))
}

# phase SECONDS ROUND DISTURBANCES: rounds of ROUND seconds
phase() {
	phase_end=$(($(uptime_s) + $1))
	while :; do
		round "$2" "$3" || return 1
		phase_status=0
		verdict "$3" || phase_status=1
		add_up
		# The caches of the torture complain if an object is left in them.
		rmmod rcu_headless_torture && rmmod rcu_headless && rmmod torture || return 1
		[ "$phase_status" -eq 0 ] || return 1
		[ "$(uptime_s)" -lt "$phase_end" ] || return 0
	done
}

uptime_s() {
	cut -d . -f 1 /proc/uptime
}

# Whatever was to disturb it did, where it can.
all_happened() {
	happened=0
	for word in $alone; do
		case " $phases " in
		*" $word "* | *" all "*) ;;
		*) continue ;;
		esac
		disturb_lacks "$word" >/dev/null && continue
		disturb_happened "$word" || agree "times that $word happened" 0 -gt 0 || happened=1
	done
	case " $phases $alone " in
	*" offline "*) disturb_lacks offline >/dev/null ||
		agree offlines "$offlines" -gt 0 || happened=1 ;;
	esac
	case " $phases $alone " in
	*" faults "*) disturb_lacks faults >/dev/null ||
		agree "failed allocations" "$total_failed" -gt 0 || happened=1 ;;
	esac
	return "$happened"
}

# All that was taken is back, but for what the allocators keep by themselves.
memory_back() {
	echo 3 >/proc/sys/vm/drop_caches
	lost=$((available_before - $(available_kib)))
	[ "$lost" -lt $((64 * 1024)) ]
}

rm -f /tmp/disturbed-*
# shellcheck disable=SC2086
set -- $phases
ktap_start $(($# + 3))
disturb_setup
echo 3 >/proc/sys/vm/drop_caches
available_before=$(available_kib)
share=$((seconds / $# > 0 ? seconds / $# : 1))
for name; do
	case $name in
	none) ktap_check "torture: undisturbed" phase $share $share none ;;
	reload) ktap_check "torture: loaded and unloaded" phase $share 1 none ;;
	all) ktap_check "torture: all together" phase $share $((share > 5 ? 5 : share)) \
		"$alone" ;;
	*)
		if reason=$(disturb_lacks "$name"); then
			ktap_skip "torture: $name" "$reason"
		else
			ktap_check "torture: $name" phase $share $share "$name"
		fi
		;;
	esac
done
ktap_check "torture: memory is back" wait_for 60 memory_back
offlines=$(dmesg | sed -n 's|.*onoff: [0-9]*/[0-9]*:\([0-9]*\)/.*|\1|p' |
	awk '{ sum += $1 } END { print sum + 0 }')
ktap_check "torture: what disturbs it happened" all_happened
disturb_end
echo "# torture: seed=$seed rounds=$rounds objects=$total_objects reads=$total_reads" \
	"grace_periods=$total_periods barriers=$total_barriers refused=$total_refused" \
	"failed_allocations=$total_failed fallbacks=$total_fallbacks" \
	"held_back=$total_held_back offlines=$offlines"
ktap_check "torture: objects were made" [ "$total_objects" -gt 1000 ]
ktap_end
