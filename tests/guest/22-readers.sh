#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# All files are read in loops, and histograms and callers reset, while objects are
# queued, and while the module is loaded and unloaded again and again. An open file
# keeps it loaded, so that takes some attempts; one that is opened meanwhile is
# either there in full or not at all.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

dir=/sys/kernel/debug/rcu_headless
demo=/sys/module/rcu_headless_demo/parameters
files="stats per_cpu latency memory callers control"

# Reads all files again and again, and says so each time that all were there.
read_on() {
	while [ ! -e /tmp/stop ]; do
		all=true
		for file in $files; do
			cat "$dir/$file" >/dev/null 2>&1 || all=false
		done
		$all && echo >>"/tmp/read-$1"
	done
}

reset_on() {
	while [ ! -e /tmp/stop ]; do
		for word in reset "callers on" reset "callers off"; do
			(echo "$word" >$dir/control) 2>/dev/null
		done
	done
}

# In a moment when nobody has a file open.
unload() {
	tries=5000
	until rmmod rcu_headless 2>/dev/null; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
	done
}

# A module's life, with objects queued before it ends.
live() {
	insmod /modules/rcu_headless.ko drain_delay_ms=0 &&
		insmod /modules/rcu_headless_demo.ko &&
		echo 1000 >"$demo"/headless &&
		rmmod rcu_headless_demo &&
		unload
}

# reads NR: how many each reader has made
reads() {
	for reader in 1 2; do
		lines=$(grep -c "" "/tmp/read-$reader" 2>/dev/null) || true
		[ "${lines:-0}" -ge "$1" ] || return 1
	done
}

ktap_start 10
rm -f /tmp/stop
for reader in 1 2; do
	read_on $reader &
done
reset_on &
for life in 1 2 3 4 5 6; do
	ktap_check "loaded, used and unloaded, $life of 6" live
done

ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_demo.ko
rm -f /tmp/read-*
while ! reads 5; do
	echo 3000 >"$demo"/headless || break
done
ktap_check "read while objects were queued" reads 5
: >/tmp/stop
wait
echo drain >$dir/control
queued=$(counter queued_slab)
ktap_check "objects were queued" [ "$queued" -ge 3000 ]
ktap_check "all of them are freed" is "$(counter freed_slab)" "$queued"
rmmod rcu_headless_demo
rmmod rcu_headless
ktap_check "no file is left" [ ! -d $dir ]
rm -f /tmp/stop /tmp/read-*
ktap_end
