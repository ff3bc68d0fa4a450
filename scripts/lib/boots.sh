# SPDX-License-Identifier: GPL-2.0
#
# Which scripts of tests/guest are booted together. The comment that a script begins
# with may ask for a boot of its own kind:
#
#   # boot: WORDS      more words for the kernel's command line
#   # cpus: N          how many CPUs; 4,sockets=2 is for QEMU
#   # icount: 1        time is counted in instructions, one a nanosecond (x86_64)
#   # machine: WORDS   more words for QEMU's machine (arm64)
#   # cpu: NAME        another of QEMU's CPUs than "max" (arm64)
#   # kernels: GLOB... only these kernels can do it; on others the script is skipped
#
# shellcheck shell=bash disable=SC2034,SC2154

# shellcheck source=kernels.sh
. "$top/scripts/lib/kernels.sh"

guest=$top/tests/guest

# asks SCRIPT WHAT: what the script asks for, if anything
asks() {
	[ ! -f "$guest/$1.sh" ] || sed -n "/^#/!q; s/^# $2: //p" "$guest/$1.sh"
}

# all_scripts: their names, in the order in which they run
all_scripts() {
	(cd "$guest" && printf '%s\n' [0-9]*.sh | sed 's/\.sh$//')
}

# A boot as always is "||||"; others have their CPUs, icount, machine, CPU, and words between.
usual_boot="||||"

# plan_boots FLAVOUR SCRIPT...: puts the kinds of boot in ${boots[@]}, in ${scripts_of[]}
# which scripts each has, and those of no use on this kernel in ${unfit[@]}
plan_boots() {
	local flavour script boot
	flavour=$(kernel_kind "$1")
	shift
	boots=() unfit=()
	declare -gA scripts_of=()
	for script; do
		if ! fits "$flavour" "$(asks "$script" kernels)"; then
			unfit+=("$script")
			continue
		fi
		boot="$(asks "$script" cpus)|$(asks "$script" icount)"
		boot+="|$(asks "$script" machine)|$(asks "$script" cpu)|$(asks "$script" boot)"
		[ -n "${scripts_of[$boot]-}" ] || boots+=("$boot")
		scripts_of[$boot]+="${scripts_of[$boot]:+ }$script"
	done
}

# plain_scripts FLAVOUR: those that are booted as always
plain_scripts() {
	local scripts boots unfit
	mapfile -t scripts < <(all_scripts)
	plan_boots "$1" "${scripts[@]}"
	echo "${scripts_of[$usual_boot]-}"
}

# fits FLAVOUR GLOBS: whether one of them matches, or there is none
fits() {
	local globs glob
	read -ra globs <<<"$2"
	[ ${#globs[@]} -gt 0 ] || return 0
	for glob in "${globs[@]}"; do
		# shellcheck disable=SC2053
		[[ $1 != $glob ]] || return 0
	done
	return 1
}
