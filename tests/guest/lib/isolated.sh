# SPDX-License-Identifier: GPL-2.0
#
# What happens on CPU 3 while a task there, which has freed objects before, spins in
# user space.
# shellcheck shell=sh disable=SC2317

# shellcheck source=ktap.sh
. /tests/lib/ktap.sh

contexts=/sys/module/rcu_headless_contexts/parameters
tracing=/sys/kernel/tracing
# The file that moves the task, if it is to go into a cgroup.
isolated_cgroup=

isolated_begin() {
	# What is done for an old page is done when the task spins.
	ktap_need insmod /modules/rcu_headless.ko drain_delay_ms=3000
	ktap_need insmod /modules/rcu_headless_canary.ko
	ktap_need insmod /modules/rcu_headless_contexts.ko
	ktap_need insmod /modules/rcu_headless_busy.ko
	echo 8192 >$tracing/buffer_size_kb
	for group in timer irq irq_vectors workqueue ipi csd sched/sched_switch; do
		[ ! -e $tracing/events/$group ] || echo 1 >$tracing/events/$group/enable
	done
	echo 0 >$tracing/tracing_on
}

isolated_end() {
	for group in timer irq irq_vectors workqueue ipi csd sched/sched_switch; do
		[ ! -e $tracing/events/$group ] || echo 0 >$tracing/events/$group/enable
	done
	echo 0 >$tracing/trace
	echo 1 >$tracing/tracing_on
	echo 1 >$tracing/buffer_size_kb
	ktap_need put drain /sys/kernel/debug/rcu_headless/control
	ktap_need returns rmmod rcu_headless_contexts
	ktap_need returns rmmod rcu_headless
	rmmod rcu_headless_busy
	rmmod rcu_headless_canary
}

# something_waits: whether there are objects that aren't freed yet
something_waits() {
	[ $(($(counter pending) + $(counter parked))) -gt 0 ]
}

# spins FILE TEXT [OURS]: leaves in /tmp/alone what is traced on CPU 3 in five seconds of a
# task's spinning there, after it has written the text; a reader elsewhere keeps the grace
# period from ending before it spins. If the objects are OURS, they wait when it begins,
# and are freed while it spins.
spins() {
	# Takes a grace period, as going into a cgroup does: so the reader comes behind both.
	echo 0 >$tracing/trace
	echo 1 >$tracing/tracing_on
	rm -f /tmp/spins /tmp/alone
	sh -c "${isolated_cgroup:+echo \$\$ >$isolated_cgroup &&} echo 1 >$reader &&
		exec /tests/spin 3 0 $1 '$2'" >/tmp/spins &
	spinner=$!
	# shellcheck disable=SC2064
	trap "kill -KILL $spinner; echo -1 >$reader; echo 0 >$tracing/tracing_on" EXIT
	if ! wait_for 60 test -s /tmp/spins; then
		kill -KILL $spinner
		echo -1 >$reader
		return 1
	fi
	spins_status=0
	[ -z "$3" ] || something_waits || spins_status=1
	echo -1 >$reader
	sleep 5
	[ -z "$3" ] || wait_for 60 nothing_pending || spins_status=1
	echo 0 >$tracing/tracing_on
	trap - EXIT
	kill -KILL $spinner
	wait $spinner 2>/dev/null
	# From the marker on.
	awk '/ \[003\] / { if (begun) print; if (/spin: begins/) begun = 1 }' \
		$tracing/trace >/tmp/alone
	grep -q 'spin: begins' $tracing/trace && return $spins_status
}

# happens REGEX: how often
happens() {
	grep -cE "$1" /tmp/alone
}

# What happened on the CPU, by event, for a person to read.
summary() {
	echo "# $1: $(awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^[0-9.]+:$/) {
		sub(/:$/, "", $(i + 1)); n[$(i + 1)]++; break } }
		END { for (e in n) printf "%s=%d ", e, n[e] }' /tmp/alone)"
}

# A word of ours is in what the event says of work; the kernel's timer of delayed work
# queues it at once when it expires, on the same CPU.
ours='\[rcu_headless\]|workqueue=rcu_headless'

# isolated_checks NAME: eight results
isolated_checks() {
	ktap_check "$1: a task spins there, and nothing is queued" spins $contexts/free 0
	summary "nothing queued"
	# More than two pages full, and as many as a batch can be.
	for file_nr in free:1200 atomic:400; do
		file=${file_nr%:*}
		ktap_check "$1: $file: a task frees objects and spins" \
			spins "$contexts/$file" "${file_nr#*:}" ours
		summary "$file"
		ktap_check "$1: $file: no work and no timer of ours" is "$(happens "$ours")" 0
		# That doesn't say whose it is; without us there is none.
		ktap_check "$1: $file: no irq_work" is "$(happens 'irq_work_entry')" 0
	done
	spins $contexts/mightsleep 300
	summary "kvfree_rcu_mightsleep"
	echo "# kvfree_rcu_mightsleep: $(happens 'kfree_rcu|kvfree') works and timers of its own"
	# What was freed there is freed, although nothing ran there.
	ktap_check "$1: all objects are freed" wait_for 60 nothing_pending
}
