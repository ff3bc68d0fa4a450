#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/listing.sh [FUNCTION...]   (make listing)
#
# Prints the instructions that a call executes from the caller's call to the return
# when there is room for the pointer, as the test kernel's compiler makes them, and
# counts them. By default for kfree_rcu_headless and kvfree_rcu_headless, which are to
# have 25 at the most on x86_64, and 35 on arm64.
#
#   ARCH=arm64  for that instead of x86_64
#   DEPS=skip   install nothing
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=lib/kernels.sh
. "$top/scripts/lib/kernels.sh"
# shellcheck source=lib/toolchain.sh
. "$top/scripts/lib/toolchain.sh"
help_if_asked "$@"

case ${ARCH:-x86_64} in
x86_64 | x86) kernel=x86_64-plain-keys most=25 ;;
arm64) kernel=arm64-plain most=35 ;;
*) die "no listing for $ARCH" "ARCH is x86_64 or arm64." ;;
esac
# The kernel's make has one of its own.
unset ARCH
functions=(kfree_rcu_headless kvfree_rcu_headless)
if [ $# -gt 0 ]; then
	functions=("$@")
	most=200
fi

KERNELS=$kernel "$top/scripts/build/deps.sh" test
find_tools
kdir=$("$top/scripts/build/kernel.sh" "$kernel")
out=$cache/build/listing-$(basename "$kdir")
lock "build-$(basename "$out")"
mkdir -p "$out" "$cache/logs"
step "Building the module" "$cache/logs/listing.log" \
	"$top/scripts/build/module.sh" "$kdir" modules "MO=$out"

for function in "${functions[@]}"; do
	"$(cross_prefix "$kernel")objdump" --disassemble --reloc --no-show-raw-insn "$out/rcu_headless.ko" |
		awk -v function_name="$function" -v most="$most" \
			-f "$top/scripts/lib/listing.awk" ||
		die "no way through $function was found, or it has more than $most instructions" \
			"See it all: $(cross_prefix "$kernel")objdump -dr $out/rcu_headless.ko"
done
