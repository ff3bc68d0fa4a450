#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/check.sh   (make check)
#
# Looks at the sources: all of make lint, and what needs a kernel, which is built the first
# time: warnings of clippy and of the C compiler, the kernel's checkpatch and kernel-doc,
# and rustdoc's links. The kernel's files that are named are looked for, too. Every check
# is made, even when one fails.
#
#   KERNELS="um x86_64"   for which kernels clippy, the compiler and rustdoc look, as what
#                         is compiled depends on that (default: um)
#   DEPS=skip             install nothing; fail and say what is missing
#   JOBS=n                how many compilers or checks to run at once
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=lib/toolchain.sh
. "$top/scripts/lib/toolchain.sh"
# shellcheck source=lib/checks.sh
. "$top/scripts/lib/checks.sh"
# shellcheck source=lint/checks.sh
. "$top/scripts/lint/checks.sh"
help_if_asked "$@"
no_arguments "$@"

"$top/scripts/build/deps.sh" check
find_tools
find_rustfmt
source=$("$top/scripts/build/fetch.sh")
kdirs=()
for flavour in ${KERNELS:-um}; do
	kdirs+=("$("$top/scripts/build/kernel.sh" "$flavour")")
done
logs=$(log_dir check)
cd "$top"

# Clippy in place of rustc, and more of the C compiler's warnings: all are errors. Clippy's
# settings are the kernel's, but for the oldest rustc, which is ours to choose.
check_warnings() {
	local kdir out log status=0
	for kdir in "${kdirs[@]}"; do
		out=$cache/build/check-$(basename "$kdir")
		log=$logs/build-$(basename "$kdir")
		lock "build-$(basename "$out")"
		rm -rf "$out"
		mkdir -p "$out"
		{
			echo "msrv = \"$rust_oldest\""
			grep -v '^msrv' "$source/.clippy.toml"
		} >"$out/.clippy.toml"
		"$top/scripts/build/module.sh" "$kdir" modules "MO=$out" RCU_HEADLESS_TESTS=m \
			CLIPPY=1 "CLIPPY_CONF_DIR=$out" W=1 >"$log" 2>&1 || {
			cat "$log"
			status=1
			continue
		}
		! grep -E -A 12 '(^|[: ])warning:' "$log" || status=1
	done
	return $status
}

check_checkpatch() {
	# Exports stand apart from the functions, which are Rust; and macros that take
	# a condition to wait for evaluate it again and again.
	local checkpatch=("$source/scripts/checkpatch.pl" --no-tree --no-summary --strict
		--terse --show-types) status=0
	of_kind '\.[ch]$' | grep -v '/trace\.h$' | xargs -d '\n' "${checkpatch[@]}" \
		--ignore EXPORT_SYMBOL,MACRO_ARG_REUSE --file || status=1
	# The kernel writes trace events in a form of their own.
	of_kind '/trace\.h$' | xargs -d '\n' "${checkpatch[@]}" \
		--ignore OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT --file || status=1
	return $status
}

check_kernel_doc() {
	"$source/tools/docs/kernel-doc" -none -Wall -Werror include/linux/rcu_headless.h
}

check_rustdoc() {
	scripts/rustdoc.sh
}

check_rustfmt_settings() {
	diff <(grep -v '^\(#\|$\)' "$source/.rustfmt.toml") <(grep -v '^\(#\|$\)' .rustfmt.toml)
}

check check_warnings "no warning of clippy or the C compiler on ${KERNELS:-um}"
check check_checkpatch "C passes checkpatch"
check check_kernel_doc "the header's kernel-doc is complete"
check check_rustdoc "rustdoc's links lead somewhere"
check check_rustfmt_settings "rustfmt's settings are the kernel's"

run_checks
