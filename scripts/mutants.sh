#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/mutants.sh [--list|--check]   (make mutants)
#
# Tests the tests: builds the module with one fault at a time, runs it through one
# stage after another until something goes wrong, and prints what did, or that nothing
# has. Without a fault each stage must pass, which is seen to before the first fault
# comes to it.
#
# Each fault is a patch, tests/mutants/NAME.patch, that is applied to a copy of the
# sources as they were when this began. The tree itself isn't touched. One that says
# "Model: NAME..." is tried on these models (make model) in place of the stages, one that
# says "Script: KERNEL NAME" on that kernel, by that script of tests/guest in its boot.
#
#   --list    print the faults and what they lead to
#   --check   only look whether all patches apply
#
#   MUTANTS="a b"         only these faults
#   KERNELS="um x86_64"   only stages on these kernels, and the faults that have any;
#                         "model" for the models
#   DEPS=skip             install nothing
#   JOBS=n                how many compilers to run at once
#   ACCEL=kvm|tcg         don't find out whether KVM works
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=lib/sources.sh
. "$top/scripts/lib/sources.sh"
# shellcheck source=lib/boots.sh
. "$top/scripts/lib/boots.sh"
help_if_asked "$@"

# What a fault is tried on, the quickest first: a kernel, some of tests/guest, and
# after how many seconds without a word from the guest it is taken to hang. Scripts that
# ask for boots of their own are left out.
others() {
	plain_scripts "$1" | sed 's/\(^\| \)10-kunit\( \|$\)/\1/'
}
stages=(
	"um 120 10-kunit"
	"um 120 $(others um)"
	"x86_64 300 10-kunit"
	"x86_64 300 $(others x86_64)"
	"x86_64-kcsan 300 80-torture"
)

patches=$top/tests/mutants
known=$(cd "$patches" && printf '%s\n' *.patch | sed 's/\.patch$//')
mutants=${MUTANTS:-$known}

# git_apply DIR ARGUMENT...: git apply without a repository, whether DIR is in one, in none
# or in one that is broken
git_apply() {
	GIT_DIR=/dev/null git -C "$1" apply --whitespace=nowarn "${@:2}"
}

# check_patches DIR: whether the patches that are wanted apply there, and say what they do
check_patches() {
	local mutant files=() bad=''
	for mutant in $mutants; do
		grep -qx "$mutant" <<<"$known" ||
			die "no such fault: $mutant" "scripts/mutants.sh --list prints those that there are."
		files+=("$patches/$mutant.patch")
		git_apply "$1" --check "$patches/$mutant.patch" &&
			grep -q '^Fault: .' "$patches/$mutant.patch" &&
			grep -q '^Leads to: .' "$patches/$mutant.patch" || bad="$bad tests/mutants/$mutant.patch"
	done
	[ -z "$bad" ] || die "don't apply, or don't begin with 'Fault:' and 'Leads to:':$bad" \
		"Make the same fault in rust/ by hand, put what 'git diff -U1 rust' prints below the head of the patch, and undo it in rust/."
	"$top/scripts/lint/patches.py" "$1" "${files[@]}" ||
		die "these may not be the faults that they were" \
			"More context ('git diff -U3 rust') tells one place from another."
}

case "${1-}" in
--list)
	awk '/^Fault: / { fault = substr($0, 8) }
		/^Leads to: / {
			name = FILENAME
			gsub(/^.*\/|\.patch$/, "", name)
			printf "%-26s  %-71s  %s\n", name, fault, substr($0, 11)
		}' "$patches"/*.patch
	exit
	;;
--check)
	check_patches "$top"
	echo "$(wc -w <<<"$mutants") patches apply"
	exit
	;;
?*) die "what is $1?" "scripts/mutants.sh --help" ;;
esac

"$top/scripts/build/deps.sh" mutants
tree=$(echo "$top" | sha256sum | cut -c 1-8)
lock "mutants-$tree"
copy=$cache/mutants/$tree

# Brings the copy up to date. It is kept, as is what is built from it: where a file is the
# same it isn't written, and nothing is built again because of it.
copy_tree() (
	changed=()
	mkdir -p "$copy"
	cd "$top"
	mapfile -t files < <(sources)
	# It has said why.
	[ ${#files[@]} -gt 0 ] || exit 1
	(cd "$copy" && find . -type f -printf '%P\n' | LC_ALL=C sort) |
		LC_ALL=C comm -13 <(printf '%s\n' "${files[@]}") - |
		while IFS= read -r file; do
			rm "$copy/$file"
		done
	find "$copy" -mindepth 1 -type d -empty -delete
	for file in "${files[@]}"; do
		cmp -s "$file" "$copy/$file" || changed+=("$file")
	done
	if [ ${#changed[@]} -gt 0 ]; then
		# Not cp --remove-destination, which removes none after it has made a directory.
		(cd "$copy" && rm -f -- "${changed[@]}")
		cp --parents -t "$copy" -- "${changed[@]}"
	fi
)

# put_fault MUTANT|none: gives the copy that fault and takes the last one back
fault=none
put_fault() {
	[ "$1" != "$fault" ] || return 0
	[ "$fault" = none ] || git_apply "$copy" -R "$copy/tests/mutants/$fault.patch" || return 1
	fault=none
	[ "$1" = none ] || git_apply "$copy" "$copy/tests/mutants/$1.patch" || return 1
	fault=$1
}

copy_tree
check_patches "$copy"
logs=$(log_dir mutants)

# so_far FILE: what a kernel has logged that can be judged, less a line or a report that
# isn't complete yet: it may turn out to be expected
so_far() {
	head -n "$(wc -l <"$1")" "$1" | tr -d '\r' | awk '
		/-\[ cut here \]-|BUG: KCSAN:/ { report = 1; held = "" }
		{ if (report) held = held $0 "\n"; else print }
		/---\[ end trace |Reported by Kernel Concurrency Sanitizer/ {
			printf "%s", held
			report = 0
			held = ""
		}'
}

# first_wrong DIR so_far|cat: the first thing that looks wrong, if any
first_wrong() {
	local line goes_on=
	# Of a test that fails the log says so before it is over, and the guest after that.
	line=$(grep -h -m 1 -oE '# [a-z_]+: (EXPECTATION|ASSERTION) FAILED|(^|[] ])not ok [0-9]+ .*' \
		"$1/kernel.log" "$1/results" | head -n 1 | tr -d '\r')
	if [ -z "$line" ]; then
		[ "$2" = cat ] || goes_on=1
		line=$("$2" "$1/kernel.log" |
			awk -v goes_on="$goes_on" -f "$top/scripts/vm/splats.awk" | head -n 1)
	fi
	[ -n "$line" ] && sed -E 's/^# ([a-z_]+): [A-Z]* FAILED$/\1/; s/^.*not ok [0-9]+ //
		s/^\[ *[0-9.]+\] //; s/ +$//' <<<"$line"
}

# try_models MUTANT MODEL...: runs models, as try() does a stage; fails if they don't build
try_models() {
	local dir=$logs/$1/model start=$SECONDS
	wrong=''
	mkdir -p "$dir"
	put_fault "$1" || exit 1
	if ! MODELS="${*:2}" "$copy/scripts/model.sh" >"$dir/results" 2>"$dir/messages"; then
		cat "$dir/messages" >&2
		wrong=$(sed -n 's/^FAILED *\([^:]*\):.*/\1/p' "$dir/results" | head -n 1)
		[ -n "$wrong" ] || return 1
	fi
	ran=$((ran + SECONDS - start))
}

# try MUTANT STAGE...: puts what went wrong in $wrong, if anything, and adds the time
# that it ran to $ran
try() {
	local mutant=$1 flavour=$2 quiet=$3 dir size last='' since kdir initramfs pid start
	local cpus icount words
	shift 3
	if [ "$flavour" = model ]; then
		try_models "$mutant" "$@"
		return
	fi
	wrong=''
	dir=$logs/$mutant/$flavour-$1
	mkdir -p "$dir"
	: >"$dir/results"
	: >"$dir/kernel.log"
	kdir=$("$top/scripts/build/kernel.sh" "$flavour") || exit 1
	put_fault "$mutant" || exit 1
	# A compiler's warning isn't a test that finds the fault.
	initramfs=$("$copy/scripts/build/tests.sh" "$kdir" "$flavour" CONFIG_WERROR= \
		CONFIG_OBJTOOL_WERROR=) || return 1
	# All scripts of a stage ask for the same boot.
	cpus=$(asks "$1" cpus) icount=$(asks "$1" icount) words=$(asks "$1" boot)
	machine=$(asks "$1" machine) cpu=$(asks "$1" cpu)
	[ "${flavour%%-*}" = um ] || export ACCEL=${ACCEL:-$("$top/scripts/vm/accel.sh" "$flavour" "$kdir")}

	start=$SECONDS
	since=$SECONDS
	# That a grace period takes long says more about the host than about the module.
	APPEND="only=$(echo "$*" | tr ' ' ,) rcupdate.rcu_cpu_stall_suppress=1 $words" \
		CPUS=$cpus ICOUNT=$icount QEMU_MACHINE=$machine QEMU_CPU=$cpu \
		"$top/scripts/vm/boot.sh" "$flavour" "$kdir" "$initramfs" test "$dir" 3000 &
	pid=$!
	cleanup_pids=("$pid")
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.5
		size=$(cat "$dir/results" "$dir/kernel.log" 2>/dev/null | wc -c)
		if [ "$size" != "$last" ]; then
			last=$size
			since=$SECONDS
			wrong=$(first_wrong "$dir" so_far) && break
		elif [ $((SECONDS - since)) -ge "$quiet" ]; then
			wrong="hung: not a word for $quiet s"
			break
		fi
	done
	kill "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	ran=$((ran + SECONDS - start))
	[ -n "$wrong" ] || wrong=$(first_wrong "$dir" cat) ||
		[ "$(cat "$dir/end")" = "done" ] || wrong=$(grep . "$dir/end" || echo "no end")
	return 0
}

caught=0 survived='' broken=''
declare -A passes=()
: >"$logs/table"
for mutant in $mutants; do
	ran=0 verdict='' tried=''
	models=$(sed -n 's/^Model: //p' "$patches/$mutant.patch")
	script=$(sed -n 's/^Script: //p' "$patches/$mutant.patch")
	own=("${stages[@]}")
	[ -z "$models" ] || own=("model 0 $models")
	[ -z "$script" ] || own=("${script% *} 300 ${script#* }")
	for stage in "${own[@]}"; do
		read -r flavour quiet tests <<<"$stage"
		[[ " ${KERNELS:-$flavour} " = *" $flavour "* ]] || continue
		tried=true
		if [ -z "${passes[$stage]-}" ]; then
			say "Without a fault, on $flavour"
			before=$ran
			# shellcheck disable=SC2086
			try none "$flavour" "$quiet" $tests || die "it doesn't build without a fault"
			ran=$before
			[ -z "$wrong" ] || die "without a fault it fails as well, on $flavour: $wrong" \
				"See $logs/none"
			passes[$stage]=true
		fi
		say "$mutant: on $flavour"
		# shellcheck disable=SC2086
		if ! try "$mutant" "$flavour" "$quiet" $tests; then
			verdict="doesn't build"
			broken="$broken $mutant"
			break
		fi
		if [ -n "$wrong" ]; then
			verdict="$flavour: $wrong"
			caught=$((caught + 1))
			break
		fi
	done
	[ -n "$tried" ] || continue
	if [ -z "$verdict" ]; then
		verdict="nothing"
		survived="$survived $mutant"
	fi
	say "$mutant: $verdict, after $ran s"
	printf '%-28s  %5s  %s\n' "$mutant" "$ran s" "$verdict" >>"$logs/table"
done

printf '%-28s  %7s  %s\n' fault after "caught by"
cat "$logs/table"
echo "$caught caught, $(wc -w <<<"$survived") survived"
[ -z "$broken" ] || die "didn't build:$broken" "What the compiler said of each is above."
[ -z "$survived" ] || die "no test finds:$survived" \
	"Write one that does; what was run is in $logs."
