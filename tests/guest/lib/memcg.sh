# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Memory cgroups.

cgroups=/sys/fs/cgroup

# memcg_on: from now on there can be some
memcg_on() {
	mount -t cgroup2 none $cgroups
	echo +memory >$cgroups/cgroup.subtree_control && return
	umount $cgroups
	return 1
}

# memcg_off NAME...: there were these, and none from now on
memcg_off() {
	for memcg in "$@"; do
		rmdir "$cgroups/$memcg"
	done
	echo -memory >$cgroups/cgroup.subtree_control
	umount $cgroups
}

# memcg_new NAME LIMIT max|high
memcg_new() {
	mkdir "$cgroups/$1" && echo "$2" >"$cgroups/$1/memory.$3"
}

# memcg_events NAME: all in a line of the log
memcg_events() {
	echo "# $1: $(tr '\n' ' ' <"$cgroups/$1/memory.events")"
}

# memcg_event NAME EVENT: how often
memcg_event() {
	sed -n "s/^$2 //p" "$cgroups/$1/memory.events"
}
