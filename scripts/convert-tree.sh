#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/convert-tree.sh   (make convert-tree)
#
# Converts all sites of the test kernel's source that tools/rcu-sites/find-sites finds
# convertible in a module, in a copy, and builds the modules that they are part of as
# x86_64's allmodconfig has them, against rcu_headless. Each module is a test, which
# passes if it is built, contains the file with the site, and needs rcu_headless of which it
# finds the symbols. Ends with one line: N passed, N failed, N skipped. Takes half an hour.
#
#   SITES=file   from "tools/rcu-sites/find-sites --json", instead of having it look now
#   ONLY=regex   only modules whose path matches
#   DEPS=skip    install nothing
#   JOBS=n       how many compilers to run at once
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
help_if_asked "$@"
no_arguments "$@"

"$top/scripts/build/deps.sh" convert
source=$("$top/scripts/build/fetch.sh")
work=$cache/convert-tree
logs=$(log_dir convert-tree)
lock convert-tree
tree=$work/linux
build=$work/build
sites=${SITES-}
[ -z "$sites" ] || [ -s "$sites" ] || die "nothing in SITES=$sites" \
	"tools/rcu-sites/find-sites --json $source >$sites"
mkdir -p "$work"

# The symbols that modules are to find.
kdir=$("$top/scripts/build/kernel.sh" x86_64)
symbols=$(dirname "$("$top/scripts/build/tests.sh" "$kdir" x86_64)")/Module.symvers

if [ -z "$sites" ]; then
	sites=$work/sites.json
	say "Looking for sites in all of $(basename "$source"), some four minutes"
	# What Coccinelle couldn't read is told, and is no reason to stop.
	"$top/tools/rcu-sites/find-sites" --json "$source" >"$sites.new" || [ -s "$sites.new" ] ||
		die "find-sites failed" "tools/rcu-sites/find-sites --json $source"
	mv "$sites.new" "$sites"
fi

say "Copying the source, by links, to $tree"
rm -rf "$tree"
cp -al "$source" "$tree"
# Of what is checked while a kernel is compiled, and slows that down, nothing.
options=$work/options
printf 'CONFIG_%s=n\n' KASAN KCSAN UBSAN GCOV_KERNEL KCOV >"$options"
make=(make -C "$tree" "O=$build")
step "Configuring allmodconfig" "$logs/config.log" \
	"${make[@]}" "KCONFIG_ALLCONFIG=$options" allmodconfig
step "Preparing to build modules" "$logs/prepare.log" "${make[@]}" "-j$jobs" modules_prepare

plan=$logs/plan
PYTHONPATH=$top/tools/rcu-sites python3 -B -m rcu_sites.plan "$tree" "$sites" "$build/.config" |
	awk -v only="${ONLY-}" '$2 ~ only' >"$plan"
[ -s "$plan" ] || die "no module to build" "See $sites"
mapfile -t files < <(cut -d ' ' -f 3- "$plan" | tr ' ' '\n' | sed 's/:.*//' | sort -u)
patch=$work/converted.patch
say "Converting ${#files[@]} files (patch: $patch)"
(cd "$tree" && "$top/tools/rcu-sites/convert-sites" --write --low "${files[@]}") \
	>"$patch" 2>"$logs/convert.log" || {
	cat "$logs/convert.log" >&2
	die "convert-sites failed" "See $logs/convert.log"
}
grep -E 'by hand|sites converted' "$logs/convert.log" | sed 's/^==> /# /; s/  */ /g'

# build_module PATH FILE...: what is wrong with it goes to stdout
build_module() {
	local directory=${1%/*} name=${1##*/} out=$work/modules/$1 log file
	log=$logs/${1//\//-}.log
	shift
	mkdir -p "$out"
	"${make[@]}" "M=$tree/$directory" "MO=$out" "-j$jobs" "KCFLAGS=-I$top/include" \
		"KBUILD_EXTRA_SYMBOLS=$symbols" KBUILD_MODPOST_WARN=1 "$name.ko" \
		>"$log" 2>&1 || {
		echo "it isn't built; see $log"
		grep -m 5 -E 'error:|Error ' "$log" || true
		return
	}
	for file; do
		file=${file#"$directory"/}
		grep -qxF "${file%.c}.o" <(sed 's|^\./||' "$out/$name.mod") ||
			echo "$file isn't part of it"
	done
	grep -q 'undefined.*rcu_headless\|rcu_headless.*undefined' "$log" &&
		echo "symbols of rcu_headless aren't found"
	grep -q 'MODULE_INFO(depends, ".*\brcu_headless\b' "$out/$name.mod.c" ||
		echo "it doesn't need rcu_headless"
}

echo "KTAP version 1"
total=$(grep -c '' "$plan")
echo "1..$total"
nr=0 passed=0 failed=0 skipped=0 built=''
while read -r state module places; do
	nr=$((nr + 1))
	case $state in
	y) why="allmodconfig has it built in" ;;
	n) why="not in x86_64's allmodconfig" ;;
	*) why='' ;;
	esac
	if [ -n "$why" ]; then
		skipped=$((skipped + 1))
		echo "ok $nr $module: $places # SKIP $why"
		continue
	fi
	say "Building $module, $nr of $total (log: $logs/${module//\//-}.log)"
	mapfile -t files < <(tr ' ' '\n' <<<"$places" | sed 's/:.*//' | sort -u)
	wrong=$(build_module "$module" "${files[@]}" </dev/null)
	if [ -n "$wrong" ]; then
		failed=$((failed + 1))
		echo "# ${wrong//$'\n'/$'\n# '}"
		echo "not ok $nr $module: $places"
	else
		passed=$((passed + 1))
		built="$built $places"
		echo "ok $nr $module: $places"
	fi
done <"$plan"
echo "# $(tr ' ' '\n' <<<"$built" | grep . | sort -u | grep -c '') sites are in modules that are built"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
