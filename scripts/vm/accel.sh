#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/vm/accel.sh KERNEL KDIR
#
# Prints kvm if QEMU can boot a kernel with it here, tcg otherwise. That /dev/kvm
# is there says little: it may hang, or abort. So this boots the test kernel with
# it, for 20 s at most, once for each time that this machine is started. For another
# architecture than this machine's there is only tcg.
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/kernels.sh
. "$top/scripts/lib/kernels.sh"
help_if_asked "$@"

[ $# -eq 2 ] || die "which kernel?" "scripts/vm/accel.sh --help"
kernel=$1 kdir=$2

if ! is_native "$kernel"; then
	echo tcg
	exit 0
fi
if [ ! -w /dev/kvm ]; then
	say "No KVM for this user: QEMU emulates"
	echo tcg
	exit 0
fi

known=$cache/accel.$(cat /proc/sys/kernel/random/boot_id).$(id -u)
lock accel
if [ ! -s "$known" ]; then
	work=$(mktemp -d)
	cleanup_paths+=("$work")
	mkdir "$work/build"
	"$top/scripts/vm/initramfs.sh" "$kernel" "$work/build" "$work/initramfs.cpio"
	if ACCEL=kvm "$top/scripts/vm/boot.sh" "$kernel" "$kdir" "$work/initramfs.cpio" probe \
		"$work/probe" 20 2>/dev/null; then
		echo kvm >"$known.new"
	else
		echo tcg >"$known.new"
	fi
	mv "$known.new" "$known"
fi
case $(cat "$known") in
kvm) say "KVM works: QEMU uses it" ;;
*) say "KVM is there but a probe boot failed: QEMU emulates" ;;
esac
cat "$known"
