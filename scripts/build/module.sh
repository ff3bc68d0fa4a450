#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/build/module.sh KDIR GOAL [VARIABLE=VALUE...]
#
# Runs one goal of an out-of-tree module's build (modules, modules_install,
# clean) against a prepared kernel or a distribution's headers, after a look at
# whether that can work: the kernel must have Rust, and the same rustc as is here.
# What Debian's headers lack for that is made first (scripts/headers/metadata.sh).
#
# The goal "metadata" is that alone, and prints what to build against. For a kernel that the
# module can't be built for the status is 77.
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/headers.sh
. "$top/scripts/lib/headers.sh"
# shellcheck source=../lib/toolchain.sh
. "$top/scripts/lib/toolchain.sh"
help_if_asked "$@"

[ $# -ge 2 ] || die "which kernel and which goal?" "scripts/build/module.sh --help"
kdir=$(cd "${1:-/nonexistent}" 2>/dev/null && pwd) || die "no such directory: KDIR=$1" \
	"For a distribution's kernel, install its headers: apt-get install linux-headers-\$(uname -r)"
goal=$2
shift 2
# Some are looked at here first.
variables=()
for variable; do
	case $variable in
	RUSTC=* | BINDGEN=* | INSTALL_MOD_PATH=*) export "${variable?}" ;;
	*) variables+=("$variable") ;;
	esac
done

# make takes the names apart there.
for dir in "$top" "$kdir" "$(realpath "$top")" "$(realpath "$kdir")"; do
	[[ $dir != *[[:space:]:]* ]] || die "make can't build in a path with a blank or a colon: $dir" \
		"Move it to a path without. A symlink won't do: make looks where it leads."
done

conf=$kdir/include/config/auto.conf
[ -f "$conf" ] || refuse "KDIR=$kdir is not a prepared kernel: it has no include/config/auto.conf" \
	"In its source: make LLVM=1 rustavailable prepare modules_prepare; or build it."

# "... clang version 19.1.7 ..."; none for gcc
major=
[ "$(setting "$kdir" CC_IS_CLANG)" != y ] ||
	major=$(setting "$kdir" CC_VERSION_TEXT | sed -n 's/.*clang version \([0-9]*\).*/\1/p')

args=()
if [ "$goal" != clean ] && [ "$goal" != modules_install ]; then
	has_metadata "$kdir" || kdir=$("$top/scripts/headers/metadata.sh" "$kdir")
	check_rust "$kdir"
	find_bindgen || refuse "no bindgen 0.71.1 or newer" "cargo install bindgen-cli, or BINDGEN=."
	if [ "$goal" = metadata ]; then
		echo "$kdir"
		exit 0
	fi
	args+=("RUSTC=$RUSTC" "HOSTRUSTC=$RUSTC" "RUSTDOC=$RUSTDOC" "BINDGEN=$BINDGEN"
		"CLIPPY_DRIVER=$CLIPPY_DRIVER")
	find_llvm ${major:+"$major"} || find_llvm || true
fi

if [ "$(setting "$kdir" UML)" = y ]; then
	args+=(ARCH=um)
elif [ "$(setting "$kdir" ARM64)" = y ]; then
	args+=(ARCH=arm64)
	[ "$(uname -m)" = aarch64 ] || export CROSS_COMPILE=${CROSS_COMPILE:-aarch64-linux-gnu-}
elif [ "$(setting "$kdir" X86_64)" = y ]; then
	args+=(ARCH=x86_64)
	[ "$(uname -m)" = x86_64 ] || export CROSS_COMPILE=${CROSS_COMPILE:-x86_64-linux-gnu-}
fi
# Built without pahole, it has no use for it, but complains of any.
[ "$(setting "$kdir" PAHOLE_VERSION)" != 0 ] || args+=(PAHOLE=none)
if [ "$(setting "$kdir" CC_IS_CLANG)" = y ] && [ -z "${LLVM-}" ]; then
	# May be clang or clang-19 here.
	if command -v "clang-$major" >/dev/null; then
		args+=("LLVM=-$major")
	else
		args+=(LLVM=1)
	fi
fi

make -C "$kdir" "M=$top" "${args[@]}" "-j$jobs" "${variables[@]}" "$goal"

# The kernel's make leaves that out where it doesn't find System.map, as in headers.
if [ "$goal" = modules_install ] && [ ! -f "$kdir/System.map" ]; then
	PATH=$PATH:/usr/sbin:/sbin depmod ${INSTALL_MOD_PATH:+-b "$INSTALL_MOD_PATH"} \
		"$(release_of "$kdir")"
fi
