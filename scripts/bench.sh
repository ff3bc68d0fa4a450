#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/bench.sh   (make bench)
#
# Measures rcu_headless against what else there is: in time on user-mode Linux, which
# runs at native speed, and in instructions on x86_64 and arm64 in QEMU. Nothing else should run
# meanwhile. Writes all values, a summary with ratios, and plots into a folder in the
# cache, which keeps the last ten, and says which.
#
#   QUICK=1     few conditions and rounds, in two minutes when all is built
#   ROUNDS=n    rounds of all peers (default: 7; 2 if quick)
#   KERNELS=... only on some of "um x86_64 arm64"
#   OUT=dir     where to write it, instead of into the cache
#   KEEP=1      also renew the rows and plots in Documentation/performance
#   DEPS=skip   install nothing
#   JOBS=n      how many compilers to run at once
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
help_if_asked "$@"
no_arguments "$@"

if [ -n "${KEEP-}" ] && [ -n "${QUICK-}${KERNELS-}" ]; then
	die "with QUICK or KERNELS there are but some of the rows to keep" \
		"Leave KEEP out, or the others."
fi
kernels=${KERNELS:-um x86_64 arm64}
KERNELS=$kernels "$top/scripts/build/deps.sh" bench
logs=$(log_dir bench)
out=${OUT:-$logs}
mkdir -p "$out"
rounds=${ROUNDS:-$([ -n "${QUICK-}" ] && echo 2 || echo 7)}

# measure NAME KERNEL PLAN SECONDS: leaves $out/NAME.csv
measure() {
	local kdir initramfs dir=$logs/$1
	kdir=$("$top/scripts/build/kernel.sh" "$2")
	initramfs=$("$top/scripts/build/tests.sh" "$kdir" "$2")
	say "Measuring on $2 (results as they come: $dir/results)"
	APPEND="bench_plan=$3 bench_rounds=$rounds bench_quick=${QUICK-}" \
		"$top/scripts/vm/boot.sh" "$2" "$kdir" "$initramfs" bench "$dir" "$4" ||
		die "$(cat "$dir/end")" "See $dir/kernel.log"
	if awk -f "$top/scripts/vm/splats.awk" "$dir/kernel.log" | grep . ||
		grep '^# failed' "$dir/results"; then
		die "something went wrong meanwhile" "See $dir/kernel.log"
	fi
	{
		describe "$2" "$kdir"
		cat "$dir/results"
	} >"$out/$1.csv"
}

# What it was measured on, in lines that begin with #.
describe() {
	echo "# kernel: $2, Linux $(make -s -C "$2" kernelrelease 2>/dev/null)" |
		sed "s|$cache/kernels/||"
	echo "# machine: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)," \
		"$(nproc) CPUs"
	echo "# commit: $(git -C "$top" describe --always --dirty)"
	echo "# rounds: $rounds"
}

start=$SECONDS
for kernel in $kernels; do
	case $kernel in
	um) measure native um-plain native $((rounds * 600)) ;;
	x86_64) ICOUNT=1 CPUS=1 measure counted x86_64-plain-keys counted $((rounds * 600)) ;;
	arm64) ICOUNT=1 CPUS=1 measure counted-arm64 arm64-plain counted $((rounds * 600)) ;;
	*) die "no such kernel: $kernel" "There are um, x86_64 and arm64." ;;
	esac
done
# Debian's packages are for this one, whatever else there is.
python=/usr/bin/python3
[ -x $python ] || python=python3
kept=$top/Documentation/performance
PYTHONPATH=$top/bench $python -B -m report "$out" ${KEEP:+"$kept"} ||
	die "the report failed" "What was measured is in $out"
say "All of it is in $out, after $((SECONDS - start)) s"
[ -z "${KEEP-}" ] || say "Renewed: $kept"
