#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/torture.sh   (make torture)
#
# Runs the torture on each of the kernels that find what tests don't: readers and
# writers that do all that can be done, while CPUs go and come, memory is refused or
# short, and modules are loaded and unloaded. Any report of a kernel is a failure.
# Prints KTAP for each, what was done, and last: N passed, N failed, N skipped.
#
#   DURATION=600          seconds for each kernel; a third of that again where CPUs can
#                         come for the first time meanwhile, in a boot of its own
#   SEED=1                what chance begins with
#   KERNELS="um ..."      which kernels, with a number of CPUs behind them if wanted:
#                           um             user-mode Linux
#                           x86_64         KASAN, lockdep, debug objects, kmemleak
#                           x86_64-isolated  CPUs come, callbacks put off
#                           x86_64-kcsan   data races
#                           x86_64-rt      PREEMPT_RT
#                           x86_64-strict  kCFI, frame pointers, Rust's assertions
#                           x86_64-plain@1, x86_64-plain@8
#                           arm64          another architecture, emulated
#                         (default: all of these)
#   DEPS=skip             install nothing
#   JOBS=n                how many compilers to run at once
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
help_if_asked "$@"
no_arguments "$@"

duration=${DURATION:-600}
seed=${SEED:-1}
case $duration$seed in
*[!0-9]*) die "DURATION and SEED are numbers" "scripts/torture.sh --help" ;;
esac
all="um x86_64 x86_64-isolated x86_64-kcsan x86_64-rt x86_64-strict x86_64-plain@1 x86_64-plain@8 arm64"
export KERNELS=${KERNELS:-$all}
export TESTS="80-torture 81-torture-newcomers 90-leaks"
# What the torture takes beyond its time, to begin rounds and end them, under emulation.
export SECONDS_MAX=$((duration * 3 + 600))
words="torture_seconds=$duration torture_seed=$seed limit=$((duration * 2 + 300))"

output=$(mktemp)
cleanup_paths+=("$output")
status=0
GUEST_WORDS=$words "$top/scripts/test.sh" 2>&1 | tee "$output" || status=$?

sum() {
	grep -o "[ :]$1=[0-9]*" "$output" | awk -F = '{ sum += $2 } END { print sum + 0 }'
}
echo "Torture with SEED=$seed, $duration s for each of $KERNELS:"
for what in objects reads grace_periods barriers refused failed_allocations fallbacks \
	held_back offlines; do
	printf '  %-20s %12d\n' "$what" "$(sum $what)"
done
printf '  %-20s %12d\n' "reports" "$(grep -cE '^not ok [0-9]+ nothing wrong' "$output")"
grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$output" | tail -n 1
exit "$status"
