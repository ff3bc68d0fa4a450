#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# An open file in debugfs keeps the module loaded: rmmod refuses, the file can still
# be read, and the module unloads once it is closed.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

dir=/sys/kernel/debug/rcu_headless
module=/sys/module/rcu_headless_leftovers/parameters

# hold FILE: has it open, and takes a step whenever it is told to. A process of its own:
# where the module goes all the same, close() may never return, and nobody waits for it.
hold() {
	exec 3<"$dir/$1" >/dev/null 2>&1 && read -r line <&3 && echo "$line" >/tmp/text
	echo opened >/tmp/said
	read -r _ </tmp/go
	cat <&3 >>/tmp/text
	echo read >/tmp/said
	read -r _ </tmp/go
}

# heard WORD
heard() {
	read -r word </tmp/said
	is "$word" "$1"
}

users() {
	sed -n 's/^rcu_headless [0-9]* \([0-9]*\) .*/\1/p' /proc/modules
}

used_by() {
	is "$(users)" "$1"
}

# What must not happen is the end of this script.
is_pinned() {
	if rmmod rcu_headless 2>/tmp/refused; then
		ktap_result "$ktap_name" 1
		exit 1
	fi
	grep -q "in use\|unavailable" /tmp/refused && return
	sed 's/^/# /' /tmp/refused
	return 1
}

# The first line came before rmmod was tried, the others after that.
same_lines() {
	is "$(sed 's/ .*//' /tmp/text)" "$(sed 's/ .*//' "$dir/$1")"
}

# The reader keeps another CPU busy.
taskset -p 1 $$ >/dev/null

ktap_cpus 2 "open files"
ktap_start 25
mkfifo /tmp/said /tmp/go
ktap_need insmod /modules/rcu_headless.ko
ktap_need insmod /modules/rcu_headless_canary.ko
ktap_need insmod /modules/rcu_headless_leftovers.ko
for file in stats per_cpu latency memory callers control; do
	hold $file &
	holder=$!
	heard opened
	ktap_check "$file: rmmod refuses while it is open" is_pinned
	echo >/tmp/go
	heard read
	ktap_check "$file: all of it can be read then" same_lines $file
	echo >/tmp/go
	wait $holder
	ktap_check "$file: closed, it pins nothing" used_by 0
done

# A write that takes as long as a reader does.
echo 1 >$module/hold
total=$(cat $module/alive)
(echo drain >$dir/control) &
writer=$!
ktap_check "drain: has begun" wait_for 60 used_by 1
ktap_check "drain: rmmod refuses meanwhile" is_pinned
ktap_check "drain: nothing is freed yet" is "$(cat $module/alive)" "$total"
echo 0 >$module/hold
ktap_check "drain: the reader had lost nothing" is "$(cat $module/lost)" 0
ktap_check "drain: succeeds" wait $writer
ktap_check "drain: all is freed then" is "$(cat $module/alive)" 0

ktap_check "unloads when all are closed" rmmod rcu_headless
rm /tmp/said /tmp/go
rmmod rcu_headless_leftovers
rmmod rcu_headless_canary
ktap_end
