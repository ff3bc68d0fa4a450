# SPDX-License-Identifier: GPL-2.0
#
# What may happen to the torture meanwhile. Each disturbance is a word, and a
# function disturb_WORD that is called over and over if it is for a script to do.
# shellcheck shell=sh

# shellcheck source=faults.sh
. /tests/lib/faults.sh

disturb_dir=/sys/kernel/debug/rcu_headless
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

disturb_setup() {
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
}

# disturb_start WORDS
disturb_start() {
	for disturb_word in $1; do
		case $disturb_word in
		none | offline | faults) continue ;;
		esac
		(while [ ! -e /tmp/calm ]; do
			"disturb_$disturb_word"
			usleep 20000
		done) 2>/dev/null &
		disturb_pids="$disturb_pids $!"
	done
}

# Ends all of it, and waits until it has.
disturb_stop() {
	: >/tmp/calm
	# shellcheck disable=SC2086
	[ -z "$disturb_pids" ] || wait $disturb_pids
	disturb_pids=
	rm /tmp/calm
}

available_kib() {
	sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo
}

# Takes half of the memory that is left, and asks for more.
disturb_hog() {
	dd if=/dev/zero of=/tmp/hog/file bs=64k count=$(($(available_kib) / 128)) >/dev/null
	echo 3 >/proc/sys/vm/drop_caches
	for disturb_shrinker in /sys/kernel/debug/shrinker/rcu_headless-*; do
		echo "0 0 1000" >"$disturb_shrinker/scan"
	done
	rm /tmp/hog/file
}

disturb_expedited() {
	for disturb_value in 1 0; do
		echo $disturb_value >/sys/module/rcu_headless/parameters/expedited
		echo $disturb_value >/sys/kernel/rcu_expedited
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
