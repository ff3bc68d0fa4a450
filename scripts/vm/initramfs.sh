#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/vm/initramfs.sh KERNEL BUILD OUTPUT
#
# Packs busybox, our init, the modules and programs in BUILD, the guest's scripts
# and rcu-headless-stat into an initramfs:
#
#   /init  /bin  /modules/*.ko  /tests/*.sh  /tests/lib  /stat  /rank  /demo/run.sh
#   /bench
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
help_if_asked "$@"

[ $# -eq 3 ] || die "for which kernel, from where, to where?" "scripts/vm/initramfs.sh --help"
build=$2
output=$3
busybox=$("$top/scripts/vm/busybox.sh" "$1")

root=$(mktemp -d)
cleanup_paths+=("$root")
mkdir -p "$root"/{bench,bin,dev,demo,modules,proc,rank,stat,sys,tests,tmp}
cp "$busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
cp "$top/scripts/vm/init" "$root/init"
cp -r "$top/tests/guest/." "$root/tests/"
cp "$top/samples/demo/run.sh" "$root/demo/"
cp -r "$top/bench/guest/." "$root/bench/"
cp -r "$top/tools/rcu-headless-stat/." "$root/stat/"
cp "$top/tools/rcu-sites/record.sh" "$root/rank/"
if [ -f "$build/modules.order" ]; then
	# In folders there may be others, from when the sources were laid out differently.
	cp -t "$root/modules" "$build"/*.ko
	sed -n "s|^\(.*/.*\)\.o\$|$build/\1.ko|p" "$build/modules.order" |
		xargs -d '\n' cp -t "$root/modules"
	find "$build/tests/guest" -type f -perm -u+x -exec cp -t "$root/tests" {} +
fi
[ ! -d "$build/rootfs" ] || cp -r "$build/rootfs/." "$root"
chmod -R go-w "$root"
(cd "$root" && find . -print0 | cpio --null --create --format=newc --quiet) >"$output.new"
mv "$output.new" "$output"
