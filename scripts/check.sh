#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/check.sh   (make check)
#
# Looks at the sources: formatting of Rust, warnings of clippy and of the C
# compiler, shellcheck, pyflakes and pycodestyle, docutils, the kernel's checkpatch and
# kernel-doc, and that find-sites says what it should. Every check is made, even when one fails.
#
#   DEPS=skip   install nothing
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=lib/toolchain.sh
. "$top/scripts/lib/toolchain.sh"
help_if_asked "$@"

"$top/scripts/build/deps.sh" check
find_tools
kdir=$("$top/scripts/build/kernel.sh" um)
source=$("$top/scripts/build/fetch.sh")
logs=$cache/logs/check
mkdir -p "$logs"
cd "$top"

# What git knows or would take in; without git, all but what a build leaves.
sources() {
	git ls-files --cached --others --exclude-standard 2>/dev/null ||
		find . -type f -not -path '*/.*' -printf '%P\n'
}
of_kind() {
	sources | grep -E "$1"
}
shell_scripts() {
	sources | while read -r file; do
		case $file in
		*.sh) echo "$file" ;;
		*) ! head -c 64 "$file" | grep -q '^#!.*\(bash\|/sh\)' || echo "$file" ;;
		esac
	done
}

check_rustfmt() {
	of_kind '\.rs$' | xargs "$RUSTFMT" --check --edition 2021 \
		--config-path "$source/.rustfmt.toml"
}

# Clippy in place of rustc, and more of the C compiler's warnings: all are errors.
check_warnings() {
	local out log=$logs/build
	out=$cache/build/check-$(basename "$kdir")
	lock "build-$(basename "$out")"
	rm -rf "$out"
	mkdir -p "$out"
	"$top/scripts/build/module.sh" "$kdir" modules "MO=$out" RCU_HEADLESS_TESTS=m \
		CLIPPY=1 W=1 >"$log" 2>&1 || {
		cat "$log"
		return 1
	}
	! grep -E -A 12 '(^|[: ])warning:' "$log"
}

check_shellcheck() {
	shell_scripts | xargs shellcheck -x -P SCRIPTDIR
}

check_checkpatch() {
	# Exports stand apart from the functions, which are Rust; and macros that take
	# a condition to wait for evaluate it again and again.
	local checkpatch=("$source/scripts/checkpatch.pl" --no-tree --no-summary --strict
		--terse --show-types) status=0
	of_kind '\.[ch]$' | grep -v '/trace\.h$' | xargs "${checkpatch[@]}" \
		--ignore EXPORT_SYMBOL,MACRO_ARG_REUSE --file || status=1
	# The kernel writes trace events in a form of their own.
	of_kind '/trace\.h$' | xargs "${checkpatch[@]}" \
		--ignore OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT --file || status=1
	return $status
}

check_python() {
	local files=()
	mapfile -t files < <(sources | while read -r file; do
		! head -c 64 "$file" | grep -q '^#!.*python3' || echo "$file"
	done && of_kind '\.py$')
	pyflakes3 "${files[@]}" && pycodestyle --max-line-length=100 "${files[@]}"
}

check_kernel_doc() {
	"$source/tools/docs/kernel-doc" -none -Wall -Werror include/linux/rcu_headless.h
}

check_rst() {
	of_kind '\.rst$' | while read -r file; do
		rst2html --halt=warning "$file" >/dev/null || exit 1
	done
}

check_sites() {
	(cd tools/rcu-sites && python3 -B -m unittest discover)
}

check_spdx() {
	local file status=0
	while read -r file; do
		case $file in
		COPYING | *.csv | *.svg) continue ;;
		esac
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0' || {
			echo "$file: no SPDX line"
			status=1
		}
	done < <(sources)
	return $status
}

# What must not be in the policy files: unsafe code without an argument for it.
check_safety() {
	! of_kind '^rust/.*\.rs$' | xargs grep -nE \
		'SAFETY: *TODO|\.unwrap\(|\.expect\(|panic!|todo!|unimplemented!'
}

passed=0 failed=0
check() {
	local what=$1
	shift
	if "$@" >"$logs/$1" 2>&1; then
		echo "ok      $what"
		passed=$((passed + 1))
	else
		echo "FAILED  $what:"
		tail -n 60 "$logs/$1" | sed 's/^/        /'
		failed=$((failed + 1))
	fi
}

check "Rust is formatted as the kernel's" check_rustfmt
check "no warning of clippy or the C compiler" check_warnings
check "Rust doesn't panic nor leave proofs open" check_safety
check "shell scripts pass shellcheck" check_shellcheck
check "Python passes pyflakes and pycodestyle" check_python
check "C passes checkpatch" check_checkpatch
check "the header's kernel-doc is complete" check_kernel_doc
check "the documentation is well-formed reST" check_rst
check "find-sites, convert-sites and rank-sites say what they should" check_sites
check "every file names its license" check_spdx

echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
