#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/rustdoc.sh   (make rustdoc)
#
# Makes the crate's documentation, with its private items, in the cache, and says where. A
# link that leads nowhere is an error; so is any warning.
#
#   KERNELS="um x86_64"   for which kernels: some items are for one only (default: um)
#   DEPS=skip             install nothing; fail and say what is missing
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=lib/toolchain.sh
. "$top/scripts/lib/toolchain.sh"
help_if_asked "$@"
no_arguments "$@"

"$top/scripts/build/deps.sh" run
find_tools
source=$("$top/scripts/build/fetch.sh")

status=0
for flavour in ${KERNELS:-um}; do
	kdir=$("$top/scripts/build/kernel.sh" "$flavour")
	out=$cache/build/rustdoc-$(basename "$kdir")
	docs=$cache/rustdoc/$flavour
	log=$cache/logs/rustdoc-$flavour.log
	lock "build-$(basename "$out")"
	rm -rf "$docs"
	mkdir -p "$out" "$docs" "$cache/logs"
	step "Documenting rust/ for $flavour" "$log" "$top/scripts/build/module.sh" \
		"$kdir" modules "MO=$out" "RCU_HEADLESS_RUSTDOC=$docs"
	if grep -A 12 '^warning:' "$log"; then
		status=1
	fi
	# What the kernel's own "make rustdoc" does with links to its source.
	{ grep -Ehro 'href="srctree/[^"]+"' "$docs" || true; } | cut -d '"' -f 2 | sort -u |
		while read -r link; do
			[ -e "$source/${link#srctree/}" ] ||
				die "$link: no such file in the kernel"
		done || status=1
	find "$docs" -name '*.html' -exec sed -Ei \
		"s|href=\"srctree/([^\"]+)\"|href=\"file://$source/\1\"|g" {} +
	say "$docs/rcu_headless/index.html"
done
exit $status
