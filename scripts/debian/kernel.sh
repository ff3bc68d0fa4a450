#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/debian/kernel.sh KERNEL   (debian, debian-rt, debian-arm64, debian-7.2, ...)
#
# Has the image and the headers of one of Debian's own kernels, the newest of its kind, in the
# Debian 13 of scripts/debian/chroot.sh, with the metadata that the headers lack. Prints where
# they are: a KDIR for the module, and in it the image as Debian ships it, vmlinuz, and of the
# source kernel/torture.c and what it includes. A newer kernel is looked for once a day.
#
#   DEPS=skip   download nothing, and take what is there
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/kernels.sh
. "$top/scripts/lib/kernels.sh"
help_if_asked "$@"

chroot=$top/scripts/debian/chroot.sh
kind=$(kernel_kind "${1-}")
series=$(kernel_series "${1-}")
case $kind in
debian) kind=amd64 ;;
debian-cloud) kind=cloud-amd64 ;;
debian-rt) kind=rt-amd64 ;;
debian-arm64 | debian-arm64-16k) kind=${kind#debian-} ;;
*) die "no such kernel of Debian's: '${1-}'" "scripts/debian/kernel.sh --help" ;;
esac

# What metadata.sh and the module's build take, and the guest's busybox.
packages="rustc rust-src bindgen make flex bison bc perl python3 xz-utils cpio kmod openssl
	libelf-dev libssl-dev busybox-static"

# It is made now, if it isn't there.
"$chroot" true
lock debian-packages
case $(kernel_arch "$1") in
arm64)
	arch=arm64 libc=libc6-dev-arm64-cross
	# It has a piece of code for programs of 32 bits.
	packages="$packages gcc-arm-linux-gnueabihf"
	;;
*) arch=amd64 libc=libc6-dev-amd64-cross ;;
esac
# Of another architecture come the headers and the image alone; what compiles is this one's.
of=
if ! is_native "$1"; then
	of=:$arch
	packages="$packages $libc"
	if ! "$chroot" dpkg --print-foreign-architectures | grep -qx "$arch"; then
		[ "${DEPS-}" != skip ] || die "$cache/debian has no packages of $arch" \
			"Run this without DEPS=skip."
		"$chroot" --root dpkg --add-architecture "$arch"
	fi
fi
# Each architecture's lists by themselves: a mirror may not have all of them, or not in step.
updated=$cache/debian.updated-$arch
if [ "${DEPS-}" != skip ] && [ -z "$(find "$updated" -mmin -1440 2>/dev/null)" ]; then
	step "Looking for Debian's newest kernels" "$cache/logs/debian-update.log" \
		"$chroot" --root apt-get -q -o APT::Update::Error-Mode=any \
		-o APT::Architectures="$arch" -o APT::Get::List-Cleanup=false update
	touch "$updated"
fi
headers=$("$chroot" apt-cache pkgnames linux-headers- | sed 's/:.*//' |
	grep -xE "linux-headers-${series:-[0-9.]+}[0-9.]*\+deb13-$kind" | sort -V | tail -n 1) || true
[ -n "$headers" ] || die "Debian has no kernel of the kind $1" "See $cache/logs/debian-update.log"
# The archive's, or that which is left of one that is no longer there.
version=$("$chroot" apt-cache policy "$headers$of" | sed -n 's/^  Candidate: //p')
series=$(cut -d . -f 1,2 <<<"$version")
name=${headers#linux-headers-}

wanted=("$headers$of=$version" "linux-source-$series=$version")
for package in $packages; do
	wanted+=("$package")
done
# shellcheck disable=SC2016
installed=$("$chroot" dpkg-query -W -f '${db:Status-Status} ${binary:Package}=${Version}\n' |
	sed -n "s/:$("$chroot" dpkg --print-architecture)=/=/
		s/^installed \(\([^=]*\)=.*\)/\1\n\2/p")
missing=()
for package in "${wanted[@]}"; do
	grep -qxF "$package" <<<"$installed" || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
	[ "${DEPS-}" != skip ] || die "missing in $cache/debian: ${missing[*]}" \
		"Run this without DEPS=skip."
	step "Installing $name's headers and what it was built with" \
		"$cache/logs/debian-install.log" "$chroot" --root \
		env DEBIAN_FRONTEND=noninteractive apt-get -qy --allow-downgrades \
		install "${missing[@]}"
fi
# The archive has a new one every week.
mapfile -t superseded < <(grep -oE "^linux-headers-$series\.[0-9]+\+deb13-$kind$of=" \
	<<<"$installed" | sed 's/=$//' | grep -vxF "$headers$of" | sort -u)
if [ ${#superseded[@]} -gt 0 ] && [ "${DEPS-}" != skip ]; then
	step "Removing headers that $name's supersede" "$cache/logs/debian-remove.log" \
		"$chroot" --root env DEBIAN_FRONTEND=noninteractive apt-get -qy --auto-remove \
		purge "${superseded[@]}"
fi

kdir=$("$chroot" scripts/headers/metadata.sh "/usr/src/$headers")
# One of them as other distributions' headers are, Arch's for one: these have the metadata, but
# not what a macro of the kernel crate includes. Kbuild makes that.
[ "$1" != debian ] || rm -f "$kdir"/rust/kernel/generated_*.rs
if [ ! -f "$kdir/vmlinuz" ]; then
	work=$(mktemp -d "$cache/debian-image.XXXXXX")
	cleanup_paths+=("$work")
	framework() {
		"$chroot" tar -xf "/usr/src/linux-source-$series.tar.xz" -C "$work" \
			"linux-source-$series"/kernel/{torture.c,rcu}
	}
	step "Unpacking the framework for torture" "$cache/logs/debian-torture.log" framework
	rm -rf "$kdir/kernel"
	mv "$work/linux-source-$series/kernel" "$kdir/kernel"
	image() {
		"$chroot" sh -c "cd '$work' && apt-get -q download 'linux-binary-$name$of=$version' &&
			dpkg-deb -x ./*.deb ."
	}
	step "Downloading the image of $name" "$cache/logs/debian-image.log" image
	mv "$work/usr/lib/modules/$name/vmlinuz" "$kdir/vmlinuz"
fi
echo "$kdir"
