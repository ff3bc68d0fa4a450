#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/rust-analyzer.sh   (make rust-analyzer)
#
# Writes rust-project.json at the top, from which an editor's rust-analyzer knows the crate,
# the kernel's crates, and the configuration. What is compiled for another kernel only is
# grey there. Do it again after a change of rust/helpers/*.h.
#
#   KERNELS=x86_64   for which kernel (default: um)
#   DEPS=skip        install nothing; fail and say what is missing
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=lib/toolchain.sh
. "$top/scripts/lib/toolchain.sh"
help_if_asked "$@"
no_arguments "$@"

"$top/scripts/build/deps.sh" run
find_tools
kdir=$("$top/scripts/build/kernel.sh" "${KERNELS:-um}")
out=$cache/build/rust-analyzer-$(basename "$kdir")-$(echo "$top" | sha256sum | cut -c 1-8)
log=$cache/logs/rust-analyzer.log
lock "build-$(basename "$out")"
mkdir -p "$out" "$cache/logs"
step "Making the bindings" "$log" \
	"$top/scripts/build/module.sh" "$kdir" modules "MO=$out"
step "Describing the kernel's crates" "$log" \
	"$top/scripts/build/module.sh" "$kdir" rust-analyzer "MO=$out"

cleanup_paths+=("$top/rust-project.json.new")
"$top/scripts/build/rust_project.py" "$out/rust-project.json" \
	--root "$top/rust/rcu_headless.rs" --objtree "$kdir" --out "$out" \
	>"$top/rust-project.json.new"
mv "$top/rust-project.json.new" "$top/rust-project.json"
say "$top/rust-project.json"
