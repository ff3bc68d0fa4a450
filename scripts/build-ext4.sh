#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/build-ext4.sh KDIR BUILD
#
# Builds ext4 twice as a module for a test kernel: as it is, and with the sites converted
# that scripts/find-sites finds in it. BUILD is where scripts/build-tests.sh has built
# rcu_headless; left there are ext4-plain.ko, ext4-converted.ko, what they need, and
# in root/ the programs to make, resize and check a filesystem.
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
help_if_asked "$@"

[ $# -eq 2 ] || die "for which kernel?" "scripts/build-ext4.sh --help"
kdir=$1
build=$2
source=$("$top/scripts/kernel/fetch.sh")
work=$build.ext4
for tool in spatch mke2fs resize2fs e2fsck; do
	PATH=$PATH:/sbin:/usr/sbin command -v $tool >/dev/null ||
		die "no $tool" "apt-get install coccinelle e2fsprogs"
done

# copy NAME: the kernel's own, to be built outside of it
copy() {
	mkdir -p "$work"
	rm -rf "${work:?}/$1.new"
	cp -r "$source/fs/ext4" "$work/$1.new"
	chmod -R u+w "$work/$1.new"
}

# take NAME: what has changed since the last time, for make not to build the rest anew
take() {
	mkdir -p "$work/$1"
	(cd "$work/$1.new" && find . -type f) | while read -r file; do
		cmp -s "$work/$1.new/$file" "$work/$1/$file" ||
			cp "$work/$1.new/$file" "$work/$1/$file"
	done
	rm -rf "${work:?}/$1.new"
}

compile() {
	step "Building ext4, $1" "$cache/logs/ext4-$1.log" \
		"$top/scripts/module.sh" "$kdir" modules "M=$work/$1" \
		"KCFLAGS=-I$top/include" "KBUILD_EXTRA_SYMBOLS=$build/Module.symvers"
	cp "$work/$1/ext4.ko" "$build/ext4-$1.ko"
}

copy plain
take plain
compile plain
copy converted
"$top/scripts/convert-sites" --write "$work"/converted.new/*.c >"$work/converted.patch"
grep -q '^+.*kvfree_rcu_headless' "$work/converted.patch" ||
	die "nothing was converted in ext4" "See $work/converted.patch"
take converted
compile converted
for module in lib/crc/crc16 fs/jbd2/jbd2 fs/mbcache; do
	[ ! -f "$kdir/$module.ko" ] || cp "$kdir/$module.ko" "$build/"
done

# Programs with the libraries that they ask for.
root=$build/root
rm -rf "$root"
mkdir -p "$root/sbin"
for tool in mke2fs resize2fs e2fsck; do
	file=$(PATH=$PATH:/sbin:/usr/sbin command -v $tool)
	cp -L "$file" "$root/sbin/"
	ldd "$file" | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "$root/$(dirname "$library")"
		cp -L "$library" "$root/$library"
	done
done
