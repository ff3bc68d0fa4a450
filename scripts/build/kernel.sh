#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/build/kernel.sh KERNEL   (um, x86_64, x86_64-rt, ...)
#
# Builds a test kernel with Rust, or finds it in the cache. Prints where it is: a KDIR
# for the module. The table scripts/build/kernels/flavours says which kernels there are,
# and which files beside it have their options.
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/toolchain.sh
. "$top/scripts/lib/toolchain.sh"
help_if_asked "$@"

flavour=${1-}
kernels=$top/scripts/build/kernels
# fragments FLAVOUR: the files with its options
fragments() {
	awk -v flavour="$1" -v directory="$kernels" '
		/^[^#]/ && $1 == flavour { for (i = 2; i <= NF; i++) print directory "/" $i ".config" }
	' "$kernels/flavours"
}
mapfile -t files < <(fragments "$flavour")
[ ${#files[@]} -gt 0 ] || die "no such kernel: '$flavour'" \
	"There are: $(awk '/^[^#]/ { print $1 }' "$kernels/flavours" | paste -sd ' ')"
find_tools

source=$("$top/scripts/build/fetch.sh")
# Of two values for one option the last is taken.
options=$(cat "${files[@]}" |
	awk -F = '/^CONFIG_/ { value[$1] = $0 } END { for (o in value) print value[o] }' | sort)
key=$({
	basename "$source"
	echo "$options"
	toolchain_text
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

args=(-C "$source" "O=$out" "RUSTC=$RUSTC" "HOSTRUSTC=$RUSTC" "BINDGEN=$BINDGEN"
	"RUST_LIB_SRC=$RUST_LIB_SRC")
case $flavour in
um | um-*)
	args+=(ARCH=um)
	goals=(linux modules)
	;;
*)
	args+=("LLVM=$LLVM_SUFFIX")
	goals=(bzImage modules)
	;;
esac

logs=$cache/logs/kernel-$flavour
step "Checking that Linux can be built with Rust" "$logs-rust.log" \
	make "${args[@]}" rustavailable
echo "$options" >"$out/options"
step "Configuring the $flavour kernel" "$logs-config.log" \
	make "${args[@]}" "KCONFIG_ALLCONFIG=$out/options" allnoconfig
# An option that depends on something else which is off vanishes silently.
while read -r option; do
	grep -qxF "$option" "$out/.config" ||
		die "the $flavour kernel can't have $option" "See ${files[*]}"
done < <(grep -v '=n$' "$out/options")

step "Building the $flavour kernel with $jobs jobs, 3 to 10 minutes" "$logs.log" \
	make "${args[@]}" "-j$jobs" "${goals[@]}"
date >"$out/.complete"

# Two of a flavour may be in use, by two versions of the project; more are not.
find "$cache/kernels" -maxdepth 1 -name "$flavour-????????????" -printf '%T@ %p\n' | sort -rn |
	tail -n +3 | cut -d ' ' -f 2- | while read -r old; do
	say "Removing an old kernel: $old"
	rm -rf "$old"
done
echo "$out"
