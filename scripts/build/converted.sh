#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/build/converted.sh KDIR BUILD
#
# Builds ext4 and MPLS twice as modules for a test kernel: as they are, and with the
# sites converted that tools/rcu-sites/find-sites finds in them. BUILD is where
# scripts/build/tests.sh has built rcu_headless; left there are ext4-plain.ko,
# ext4-converted.ko, mpls_router-plain.ko and so on, what they need, and in rootfs/ the
# programs to make, resize and check a filesystem, and to set routes.
#
#   KERNEL_SERIES=7.3   of which source
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
help_if_asked "$@"

[ $# -eq 2 ] || die "for which kernel?" "scripts/build/converted.sh --help"
kdir=$1
build=$2
source=$("$top/scripts/build/fetch.sh")
programs="mke2fs resize2fs e2fsck ip"
# where PROGRAM: some aren't in an ordinary user's PATH
where() {
	PATH=$PATH:/sbin:/usr/sbin command -v "$1"
}

for tool in spatch $programs; do
	where "$tool" >/dev/null ||
		die "no $tool" "apt-get install coccinelle e2fsprogs iproute2"
done

# copy DIRECTORY NAME: the kernel's own, to be built outside of it
copy() {
	mkdir -p "$work"
	rm -rf "${work:?}/$2.new"
	cp -r "$source/$1" "$work/$2.new"
	chmod -R u+w "$work/$2.new"
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

# compile MODULE NAME
compile() {
	step "Building $1, $2" "$cache/logs/$1-$2.log" \
		"$top/scripts/build/module.sh" "$kdir" modules "M=$work/$2" \
		"KCFLAGS=-I$top/include" "KBUILD_EXTRA_SYMBOLS=$build/Module.symvers"
	cp "$work/$2/$1.ko" "$build/$1-$2.ko"
}

# both DIRECTORY MODULE
both() {
	work=$build.converted/$2
	copy "$1" plain
	take plain
	compile "$2" plain
	copy "$1" converted
	"$top/tools/rcu-sites/convert-sites" --write "$work"/converted.new/*.c >"$work/converted.patch"
	grep -q '^+.*kvfree_rcu_headless' "$work/converted.patch" ||
		die "nothing was converted in $1" "See $work/converted.patch"
	take converted
	compile "$2" converted
}

both fs/ext4 ext4
both net/mpls mpls_router
# What these need, and who sends packets with labels.
for module in lib/crc/crc16 fs/jbd2/jbd2 fs/mbcache net/ipv4/ip_tunnel net/core/pktgen; do
	[ ! -f "$kdir/$module.ko" ] || cp "$kdir/$module.ko" "$build/"
done

# Programs with the libraries that they ask for.
root=$build/rootfs
rm -rf "$root"
mkdir -p "$root/sbin"
for tool in $programs; do
	file=$(where "$tool")
	cp -L "$file" "$root/sbin/"
	ldd "$file" | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "$root/$(dirname "$library")"
		cp -L "$library" "$root/$library"
	done
done
