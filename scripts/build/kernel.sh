#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/build/kernel.sh KERNEL   (um, x86_64, x86_64-rt, ...)
#
# Builds a test kernel with Rust, or finds it in the cache. Prints where it is: a KDIR
# for the module. The table scripts/build/kernels/flavours says which kernels there are,
# and which files beside it have their options. A series of Linux may stand behind the
# name: um-7.2, x86_64-rt-7.2.
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/kernels.sh
. "$top/scripts/lib/kernels.sh"
# shellcheck source=../lib/toolchain.sh
. "$top/scripts/lib/toolchain.sh"
help_if_asked "$@"

flavour=${1-}
# Built by Debian.
[[ $flavour != debian* ]] || exec "$top/scripts/debian/kernel.sh" "$flavour"
options=$(kernel_options "$flavour")
# To put C's functions in line in Rust takes one LLVM for both.
if has_option RUST_INLINE_HELPERS; then
	find_tools rustc
else
	find_tools
fi
series=$(kernel_series "$flavour")
source=$(KERNEL_SERIES=${series:-${KERNEL_SERIES-}} "$top/scripts/build/fetch.sh")
key=$({
	basename "$source"
	echo "$options"
	toolchain_text
	! has_option DEBUG_INFO_BTF || pahole --version
} | sha256sum | cut -c 1-12)
out=$cache/kernels/$flavour-$key

lock "kernel-$flavour"
if [ -f "$out/.complete" ]; then
	touch "$out"
	echo "$out"
	exit 0
fi
# What an interrupted run has left can't be trusted.
rm -rf "$out"
mkdir -p "$out"

arch=$(kernel_arch "$flavour")
args=(-C "$source" "O=$out" "ARCH=$arch" "RUSTC=$RUSTC" "HOSTRUSTC=$RUSTC" "BINDGEN=$BINDGEN"
	"RUST_LIB_SRC=$RUST_LIB_SRC")
case $arch in
um) goal=linux ;;
arm64) goal=Image ;;
x86_64) goal=bzImage ;;
esac
[ "$arch" = um ] || args+=("LLVM=$LLVM_SUFFIX")
# Its version would be in the configuration of a kernel that doesn't need it, and
# modules' builds would complain once it's another.
has_option DEBUG_INFO_BTF || args+=(PAHOLE=none)

logs=$cache/logs/kernel-$flavour
step "Checking that Linux can be built with Rust" "$logs-rust.log" \
	make "${args[@]}" rustavailable
echo "$options" >"$out/options"
step "Configuring the $flavour kernel" "$logs-config.log" \
	make "${args[@]}" "KCONFIG_ALLCONFIG=$out/options" allnoconfig
# An option that depends on something else which is off vanishes silently.
while read -r option; do
	grep -qxF "$option" "$out/.config" ||
		die "the $flavour kernel can't have $option" "See $(kernel_files "$flavour" | paste -sd ' ')"
done < <(grep -v '=n$' "$out/options")

step "Building the $flavour kernel with $jobs jobs, 3 to 10 minutes" "$logs.log" \
	make "${args[@]}" "-j$jobs" "$goal" modules
date >"$out/.complete"

keep_two "$cache/kernels" "$flavour-????????????"
echo "$out"
