#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/build/tests.sh KDIR FLAVOUR [VARIABLE=VALUE...]
#
# Builds the module and its tests for a test kernel, outside the source tree, and
# packs them into an initramfs. Prints where that is. The variables are make's.
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/kernels.sh
. "$top/scripts/lib/kernels.sh"
help_if_asked "$@"

[ $# -ge 2 ] || die "which kernel?" "scripts/build/tests.sh --help"
kdir=$1
flavour=$2
shift 2

# One tree each of this project: two of them don't share a build.
out=$cache/build/$flavour-$(basename "$kdir")-$(echo "$top" | sha256sum | cut -c 1-8)
log=$cache/logs/module-$(basename "$out").log
lock "build-$(basename "$out")"
mkdir -p "$out"
touch "$out"
# Other copies of the project have their own, and so do kernels that are gone.
find "$cache/build" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} +
# Debian's kernels lack the kernel's own framework for torture, which is a module like others.
extra=() torture=$kdir/kernel
if [ -f "$kdir/kernel/torture.c" ]; then
	torture=$out/kernel-torture
	mkdir -p "$torture"
	cp -ru "$kdir/kernel/." "$torture/"
	echo "obj-m := torture.o" >"$torture/Kbuild"
	step "Building torture.ko for $flavour" "$cache/logs/torture-$flavour.log" \
		make -C "$kdir" "M=$torture" modules
	extra=("KBUILD_EXTRA_SYMBOLS=$torture/Module.symvers")
fi

# A make that works out by itself what has changed since the last time. What the compilers
# and objtool would only warn of is an error here.
step "Building the module and its tests for $flavour" "$log" \
	"$top/scripts/build/module.sh" "$kdir" modules "MO=$out" RCU_HEADLESS_TESTS=m \
	CONFIG_WERROR=y CONFIG_OBJTOOL_WERROR=y "${extra[@]}" "$@"

# What LLVM doesn't know it leaves out without a word.
if grep -qx 'CONFIG_KCSAN=y' "$kdir/.config" &&
	! grep -q '__tsan_' "$out/rust/rcu_headless.o"; then
	die "KCSAN wouldn't see the module's Rust: LLVM has ignored what Kbuild asks for" \
		"See $log"
fi

# Nor does Rust put in a panic for a division, an index or an overflow.
if [ $# = 0 ] && ! grep -qxE 'CONFIG_RUST_(DEBUG_ASSERTIONS|OVERFLOW_CHECKS)=y' "$kdir/.config"; then
	undefined=$("$(cross_prefix "$flavour")nm" -u "$out/rust/rcu_headless.o")
	panics=$(grep -o 'panicking.*' <<<"$undefined") || true
	[ -z "$panics" ] || die "the module's Rust may panic: ${panics//$'\n'/ }" \
		"objdump -dr $out/rust/rcu_headless.o says where"
fi

# That of the kernel, or the one above.
cp "$torture/torture.ko" "$out/"

# Real users of the module.
[[ $(kernel_kind "$flavour") != *-convert ]] ||
	KERNEL_SERIES=$(kernel_series "$flavour") "$top/scripts/build/converted.sh" "$kdir" "$out"

step "Packing the initramfs" "$cache/logs/initramfs-$flavour.log" \
	"$top/scripts/vm/initramfs.sh" "$flavour" "$out" "$out/initramfs.cpio"
echo "$out/initramfs.cpio"
