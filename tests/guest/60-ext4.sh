#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ext4 with its arrays freed by kvfree_rcu_headless(): a filesystem is resized while it is
# mounted, again and again, past many reallocations of the array of group descriptors,
# while files are written and read; then it is checked. The same again while allocations
# of pages fail, and before both with ext4 as it is in the kernel.
#
# On kernels with ext4 as a module; the words ext4_rounds= and ext4_max= (MiB) say how much.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh
# shellcheck source=lib/faults.sh
. /tests/lib/faults.sh

[ -f /modules/ext4-converted.ko ] || exit 4

debugfs=/sys/kernel/debug/rcu_headless
image=/tmp/disk/image
device=/dev/loop0
mnt=/tmp/mnt
# A group has 8 MiB with blocks of 1 KiB, and a block 16 descriptors: 128 MiB for each.
step=48
# shellcheck disable=SC2154
max=${ext4_max:-1024}
# shellcheck disable=SC2154
rounds=${ext4_rounds:-2}
mkdir -p /tmp/disk $mnt /etc
# Where resize2fs looks for what is mounted.
ln -s /proc/mounts /etc/mtab

# Files that are written, compared and removed, until told to stop; a mistake is kept.
load() {
	nr=0
	while [ ! -e /tmp/stop ]; do
		nr=$((nr + 1))
		file=$mnt/$1.$((nr % 4))
		dd if=/dev/urandom of="/tmp/data.$1" bs=16k count=$((nr % 7 + 1)) 2>/dev/null
		# Memory may not be to be had for it.
		if ! { cp "/tmp/data.$1" "$file" && cmp -s "/tmp/data.$1" "$file"; } &&
			[ ! -e /tmp/may_fail ]; then
			echo "$file" >>/tmp/mistakes
		fi
		[ $((nr % 5)) -ne 0 ] || rm -f "$mnt/$1".*
	done
}

begin() {
	rm -f $image /tmp/stop /tmp/mistakes
	truncate -s "${max}M" $image && losetup $device $image &&
		/sbin/mke2fs -q -t ext4 -b 1024 -O 64bit,resize_inode -J size=2 $device 16M &&
		mount -t ext4 $device $mnt
}

# resize SIZE: where pages are to fail, they do for this
resize() {
	sh -c '[ ! -e /tmp/may_fail ] || echo 1 >/proc/self/make-it-fail
		exec /sbin/resize2fs $0 $1' $device "$1"
}

# grow: to the full size, step by step; fails when a step does that may not
grow() {
	size=16
	while [ "$size" -lt "$max" ]; do
		size=$((size + step))
		[ "$size" -le "$max" ] || size=$max
		resize "${size}M" >/tmp/resize.log 2>&1 || [ -e /tmp/may_fail ] || {
			cat /tmp/resize.log
			return 1
		}
	done
}

round() {
	begin || return 1
	load a &
	first=$!
	load b &
	second=$!
	grow
	grown=$?
	: >/tmp/stop
	wait "$first" "$second"
	# What memory kept it from comes now.
	/sbin/resize2fs $device "${max}M" >/tmp/resize.log 2>&1
	blocks=$(df -k $mnt | awk 'END { print $2 }')
	if ! umount $mnt || ! /sbin/e2fsck -f -n $device >/tmp/fsck.log 2>&1; then
		cat /tmp/fsck.log
		grown=1
	fi
	losetup -d $device
	[ $grown -eq 0 ] && [ ! -e /tmp/mistakes ] && [ "$blocks" -gt $((max * 900)) ]
}

all_rounds() {
	nr_round=0
	while [ $nr_round -lt "$rounds" ]; do
		nr_round=$((nr_round + 1))
		round || return 1
	done
}

ktap_start 8
mount -t tmpfs -o size=80% disk /tmp/disk
for module in crc16 mbcache jbd2; do
	[ ! -f /modules/$module.ko ] || ktap_need insmod /modules/$module.ko
done

ktap_need insmod /modules/ext4-plain.ko
ktap_check "as it is" all_rounds
ktap_need rmmod ext4

ktap_need insmod /modules/rcu_headless.ko
echo "callers on" >$debugfs/control
ktap_need insmod /modules/ext4-converted.ko
ktap_check "converted" all_rounds
queued=$(stats_sum 'queued_.*')
echo "# queued: $queued"
# One for each block of descriptors that is new, at least.
ktap_check "arrays went through rcu_headless" [ "$queued" -ge $((rounds * (max / 128 - 1))) ]
grep ext4 $debugfs/callers | sed 's/^/# /'
ktap_check "callers tell where from" grep -q 'ext4_flex_group_add\|add_new_gdb' $debugfs/callers
if [ -d $page_faults ]; then
	: >/tmp/may_fail
	pages_fail
	all_rounds
	failing=$?
	pages_come_again
	rm -f /tmp/may_fail
	ktap_result "converted, page allocation failing" $failing
else
	ktap_skip "converted, page allocation failing" "needs FAIL_PAGE_ALLOC"
fi
echo "# fallbacks: $(counter fallbacks)"
ktap_check "the module can go" rmmod ext4
echo drain >$debugfs/control
ktap_check "all is freed" wait_for 10 nothing_pending
ktap_check "and rcu_headless" rmmod rcu_headless
umount /tmp/disk
ktap_end
