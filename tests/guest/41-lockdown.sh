#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot: lsm=lockdown
# kernels: debian*
#
# What can be read in debugfs when the kernel is locked down, for integrity and then for
# confidentiality: all files but control. rcu-headless-stat shows as much. A boot of its own, as
# a lockdown lasts until the next.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

dir=/sys/kernel/debug/rcu_headless
lockdown=/sys/kernel/security/lockdown

# has_text FILE REGEX: it can be read, and has such a line
has_text() {
	cat "$dir/$1" >/tmp/read && grep -q "$2" /tmp/read
}

# refused COMMAND...: by the kernel, with EPERM; a file's mode would have made it EACCES
refused() {
	if refused_said=$("$@" 2>&1); then
		return 1
	fi
	echo "$refused_said" | grep -q "Operation not permitted"
}

ktap_start 20
ktap_need mount -t securityfs securityfs /sys/kernel/security
# Before, as the module isn't signed.
ktap_need insmod /modules/rcu_headless.ko
ktap_check "control can be read" has_text control '^callers off$'
for level in integrity confidentiality; do
	ktap_need put $level $lockdown
	ktap_check "$level: it is locked down" grep -q "\[$level\]" $lockdown
	ktap_check "$level: stats can be read" has_text stats '^queued_slab '
	ktap_check "$level: per_cpu can be read" has_text per_cpu '^cpu '
	ktap_check "$level: latency can be read" has_text latency '^page_wait_us_count '
	ktap_check "$level: memory can be read" has_text memory '^page_size '
	ktap_check "$level: callers can be read" has_text callers ' caller$'
	ktap_check "$level: control can't be read" refused cat $dir/control
	ktap_check "$level: control can't be written" refused sh -c "echo drain >$dir/control"
	ktap_check "$level: stats gets no other mode" refused chmod 600 $dir/stats
done
ktap_check "the module can be unloaded" rmmod rcu_headless
ktap_end
