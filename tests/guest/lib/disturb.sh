# SPDX-License-Identifier: GPL-2.0
#
# What may happen to the torture meanwhile. Each disturbance is a word, and a
# function disturb_WORD that is called over and over if it is for a script to do.
# shellcheck shell=sh

# shellcheck source=faults.sh
. /tests/lib/faults.sh
# shellcheck source=hog.sh
. /tests/lib/hog.sh

disturb_dir=/sys/kernel/debug/rcu_headless
disturb_contexts=/sys/module/rcu_headless_contexts/parameters
disturb_cgroup=/sys/fs/cgroup/torture
disturb_pids=

# disturb_lacks WORD: why this kernel can't have it, and success if so
disturb_lacks() {
	case $1 in
	offline)
		if [ ! -w /sys/devices/system/cpu/cpu1/online ]; then
			echo "needs CPUs that can go"
			return
		fi
		;;
	faults)
		if [ ! -d "$slab_faults" ] || [ ! -d "$page_faults" ]; then
			echo "needs FAILSLAB, FAIL_PAGE_ALLOC"
			return
		fi
		;;
	hogged)
		if [ "$(grep -c '^processor' /proc/cpuinfo)" -eq 1 ]; then
			echo "needs a CPU for others"
			return
		fi
		;;
	memcg)
		if [ ! -d "$disturb_cgroup" ]; then
			echo "needs CONFIG_MEMCG"
			return
		fi
		;;
	newcomers)
		if ! disturb_newcomer >/dev/null; then
			echo "needs CPUs that have never been online"
			return
		fi
		;;
	esac
	return 1
}

# disturb_parameters WORDS: what the torture module does of it
disturb_parameters() {
	for disturb_word in $1; do
		case $disturb_word in
		offline) echo onoff_ms=200 ;;
		faults) echo faults=1 ;;
		esac
	done
}

# Words of those that queue objects besides the torture.
disturb_queues() {
	case " $1 " in
	*" callers "* | *" contexts "* | *" memcg "* | *" growing "*) ;;
	*) return 1 ;;
	esac
}

disturb_setup() {
	insmod /modules/rcu_headless_canary.ko
	insmod /modules/rcu_headless_busy.ko hog_ms=100
	hogs_on
	if mount -t cgroup2 none /sys/fs/cgroup; then
		echo +memory >/sys/fs/cgroup/cgroup.subtree_control &&
			mkdir $disturb_cgroup &&
			echo 16M >$disturb_cgroup/memory.max
	fi 2>/dev/null
	faults_on
	# Not all, so that there is something to retire; hardly any page.
	for disturb_faults in "$slab_faults" "$page_faults"; do
		[ ! -d "$disturb_faults" ] || echo Y >"$disturb_faults/task-filter"
	done
	if [ -d "$slab_faults" ]; then
		echo 10 >"$slab_faults/probability"
		echo -1 >"$slab_faults/times"
		echo 90 >"$page_faults/probability"
	fi
	mkdir -p /tmp/hog
	mount -t tmpfs -o size=90% hog /tmp/hog
}

disturb_end() {
	umount /tmp/hog
	faults_off
	[ ! -d "$slab_faults" ] || echo 0 >"$slab_faults/probability"
	echo 0 >/sys/kernel/rcu_expedited
	[ ! -d "$disturb_cgroup" ] || rmdir $disturb_cgroup
	umount /sys/fs/cgroup 2>/dev/null
	hogs_off
	rmmod rcu_headless_busy
	# Complains, and so fails the run, if an object is left in its cache.
	rmmod rcu_headless_canary
}

# disturb_start WORDS
disturb_start() {
	if disturb_queues "$1"; then
		insmod /modules/rcu_headless_contexts.ko
	fi
	for disturb_word in $1; do
		case $disturb_word in
		none | offline | faults) continue ;;
		esac
		(while [ ! -e /tmp/calm ]; do
			"disturb_$disturb_word" && : >"/tmp/disturbed-$disturb_word"
			usleep 20000
		done) 2>/dev/null &
		disturb_pids="$disturb_pids $!"
	done
}

# disturb_happened WORD: whether it ever did, as far as a script does it
disturb_happened() {
	case $1 in
	none | offline | faults) ;;
	*) [ -e "/tmp/disturbed-$1" ] ;;
	esac
}

# Ends all of it, and waits until it has.
disturb_stop() {
	: >/tmp/calm
	# shellcheck disable=SC2086
	[ -z "$disturb_pids" ] || wait $disturb_pids
	disturb_pids=
	rm /tmp/calm
	if [ -d "$disturb_contexts" ]; then rmmod rcu_headless_contexts; fi
}

available_kib() {
	sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo
}

# Takes half of the memory that is left, and asks for more.
disturb_hog() {
	dd if=/dev/zero of=/tmp/hog/file bs=64k count=$(($(available_kib) / 128)) >/dev/null
	echo 3 >/proc/sys/vm/drop_caches
	for disturb_shrinker in /sys/kernel/debug/shrinker/rcu_headless-*; do
		[ ! -e "$disturb_shrinker" ] || echo "0 0 1000" >"$disturb_shrinker/scan"
	done
	rm /tmp/hog/file
}

disturb_expedited() {
	for disturb_value in 1 0; do
		echo $disturb_value >/sys/module/rcu_headless/parameters/expedited || return 1
		[ ! -e /sys/kernel/rcu_expedited ] || echo $disturb_value >/sys/kernel/rcu_expedited
		usleep 50000
	done
}

disturb_files() {
	for disturb_file in "$disturb_dir"/*; do
		cat "$disturb_file" >/dev/null
	done
	for disturb_words in drain "callers on" reset "callers off"; do
		echo "$disturb_words" >"$disturb_dir"/control
	done
}

# Another module's life.
disturb_callers() {
	insmod /modules/rcu_headless_demo.ko
	echo 200 >/sys/module/rcu_headless_demo/parameters/headless
	rmmod rcu_headless_demo
}

# A tenth of a second without anybody else on one CPU after another, but for the first. It
# ends by itself: this may wait for a lock of a task there (PREEMPT_RT).
disturb_hogged() {
	disturb_status=1
	# shellcheck disable=SC2013
	for disturb_cpu in $(sed -n 's/^processor[^0-9]*\([1-9][0-9]*\)$/\1/p' /proc/cpuinfo); do
		# Unless it is offline.
		echo "$disturb_cpu" >/sys/module/rcu_headless_busy/parameters/hog || continue
		disturb_status=0
		usleep 100000
		echo -1 >/sys/module/rcu_headless_busy/parameters/hog
		usleep 100000
	done
	return $disturb_status
}

# In interrupts, in NMIs, and in probes under locks.
disturb_contexts() {
	for disturb_context in hrtimer timer_start queue_work sched_switch nmi; do
		[ ! -e $disturb_contexts/$disturb_context ] ||
			echo 50 >$disturb_contexts/$disturb_context || return 1
	done
}

disturb_growing() {
	echo 1 >$disturb_contexts/growing
}

# At the limit of a memory cgroup.
disturb_memcg() {
	sh -c "echo \$\$ >$disturb_cgroup/cgroup.procs && echo 4000 >$disturb_contexts/charged"
}

# The name of a CPU that has never been online, as far as can be told: one that isn't.
disturb_newcomer() {
	grep -l 0 /sys/devices/system/cpu/cpu[0-9]*/online | head -n 1 | grep .
}

# One in a round.
disturb_newcomers() {
	# shellcheck disable=SC2154
	[ ! -e "/tmp/came-$rounds" ] && disturb_cpu=$(disturb_newcomer) &&
		: >"/tmp/came-$rounds" && echo 1 >"$disturb_cpu"
}
