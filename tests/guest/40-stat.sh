#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# rcu-headless-stat against this kernel. Its Python is the host's, which user-mode
# Linux can mount, to be read only.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

host=/host
debugfs=$host/sys/kernel/debug
demo=/sys/module/rcu_headless_demo/parameters

# stat_case NAME: one of tools/rcu-headless-stat/tests; none may be skipped
stat_case() {
	chroot "$host" python3 -B -m unittest "tests.$1" >/tmp/said 2>&1 &&
		! grep -q skipped /tmp/said && return
	sed 's/^/# /' /tmp/said
	return 1
}

stat_cases() {
	for name; do
		ktap_check "$name" stat_case "$name"
	done
}

if ! grep -q hostfs /proc/filesystems; then
	ktap_start 1
	ktap_skip "rcu-headless-stat" "needs the host's Python, which user-mode Linux can have"
	exit 4
fi
ktap_start 22
mkdir $host
ktap_need mount -r -t hostfs none $host
mount -t proc proc $host/proc
mount -t sysfs sysfs $host/sys
mount -t tmpfs tmpfs $host/tmp
mount -t tmpfs tmpfs $host/dev
mknod $host/dev/null c 1 3
mknod $host/dev/tty c 5 0
mkdir $host/dev/pts
ktap_need mount -t devpts -o ptmxmode=666 devpts $host/dev/pts
ln -s pts/ptmx $host/dev/ptmx
cp -r /stat $host/tmp/
cd /
export PYTHONPATH=/tmp/stat TERM=linux LC_ALL=C.UTF-8 RCU_HEADLESS_STAT_LIVE=1
ktap_need chroot $host python3 -c "import pyte, prometheus_client"

stat_cases test_sample
stat_cases test_trouble.Trouble.test_debugfs_not_mounted
ktap_need mount -t debugfs debugfs $debugfs
stat_cases test_trouble.Trouble.test_not_loaded test_trouble.Trouble.test_not_loaded_live

insmod /modules/rcu_headless.ko drain_delay_ms=0
insmod /modules/rcu_headless_demo.ko
echo "callers on" >/sys/kernel/debug/rcu_headless/control
echo 2000 >$demo/headless
echo drain >/sys/kernel/debug/rcu_headless/control

stat_cases test_trouble.Trouble.test_not_permitted test_trouble.Trouble.test_no_terminal \
	test_trouble.Trouble.test_bad_options test_trouble.Trouble.test_reader_goes_away
for name in once csv csv_header_once csv_goes_on; do
	stat_cases test_print.Print.test_$name
done
for name in parses agrees_with_stats histograms_add_up callers output_is_whole; do
	stat_cases test_openmetrics.OpenMetrics.test_$name
done

# Something to see the rates of.
(while echo 500 2>/dev/null >$demo/headless; do usleep 10000; done) &
busy=$!
for name in shows_rates keys scrolls resized; do
	stat_cases test_screen.Screen.test_$name
done
kill $busy
wait $busy
ktap_check "the module can be unloaded" rmmod rcu_headless_demo rcu_headless
ktap_end
