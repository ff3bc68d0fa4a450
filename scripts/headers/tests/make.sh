#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# It is run in the stead of make, to configure and to prepare the kernel on a machine of
# machine.py, whose folder is $MACHINE. What other variables ask of it, it does wrong.
case " $* " in
*" -f - "*) exec /usr/bin/make "$@" ;;
esac
for word; do
	case $word in
	O=*) out=${word#O=} ;;
	esac
done
echo "$@" >>"$MACHINE/made"
env >"$MACHINE/environment"
case " $* " in
*" olddefconfig "*)
	[ -z "${OTHER_CONFIG-}" ] || sed -i "s/^$OTHER_CONFIG=y$/# $OTHER_CONFIG is not set/" "$out/.config"
	;;
*" prepare "*)
	if [ -n "${HANGS-}" ]; then
		echo >"$MACHINE/hangs"
		sleep 1000
	fi
	[ -z "${FAILS-}" ] || { echo "No space left on device"; exit 1; }
	mkdir -p "$out"/rust/kernel "$out"/scripts "$out"/arch/x86
	cp -r "$MACHINE/headers/include" "$out/"
	cp -r "$MACHINE/headers/arch/x86/include" "$out/arch/x86/"
	echo other >"$out/include/generated/compile.h"
	[ -z "${OTHER_FILE-}" ] || echo other >"$out/$OTHER_FILE"
	echo "EXPORT_SYMBOL_RUST_GPL(${SYMBOL-_RNvCs1_4core});" >"$out/rust/exports_core_generated.h"
	for crate in libcore.rmeta libkernel.rmeta libmacros.so; do
		echo "$crate" >"$out/rust/$crate"
	done
	cat "$out/.config" >>"$out/rust/libkernel.rmeta"
	echo 1 >"$out/rust/kernel/generated_arch_static_branch_asm.rs"
	echo {} >"$out/scripts/target.json"
	;;
esac
