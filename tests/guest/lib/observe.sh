# SPDX-License-Identifier: GPL-2.0
#
# What the module's files in debugfs say.
# shellcheck shell=sh

dir=/sys/kernel/debug/rcu_headless

# value FILE NAME
value() {
	sed -n "s/^$2 //p" "$dir/$1"
}

# says FILE NAME VALUE: the file has that number
says() {
	is "$(value "$1" "$2")" "$3"
}

control() {
	echo "$1" >$dir/control
}

# callers_sum NAME REGEX: over the rows that match
callers_sum() {
	column=$(head -n 1 $dir/callers | tr ' ' '\n' | grep -nx "$1" | cut -d : -f 1)
	tail -n +2 "$dir"/callers | grep -E "$2" |
		awk -v column="$column" '{ sum += $column } END { print sum + 0 }'
}

# Rows of a module, and of addresses that nothing has any more.
no_rows_of() {
	! grep -E "\[$1\]\$| (0x)?[0-9a-f]+\$" "$dir"/callers
}
