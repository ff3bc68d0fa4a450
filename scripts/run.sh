#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/run.sh   (make run)
#
# Shows the module at work: installs what is missing, builds a user-mode Linux
# and the module for it, boots it, lets the demo retire objects, and prints the
# module's counters. Takes some minutes the first time, seconds after that.
#
#   DEPS=skip   install nothing
#   JOBS=n      how many compilers to run at once
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
help_if_asked "$@"
no_arguments "$@"

"$top/scripts/build/deps.sh" run
kdir=$("$top/scripts/build/kernel.sh" um)
initramfs=$("$top/scripts/build/tests.sh" "$kdir" um)

logs=$(log_dir run)
say "Booting it (kernel log: $logs/kernel.log)"
if "$top/scripts/vm/boot.sh" um "$kdir" "$initramfs" run "$logs" 120; then
	cat "$logs/results"
else
	cat "$logs/results"
	tail -n 30 "$logs/kernel.log" >&2
	die "$(cat "$logs/end")" "The whole log is $logs/kernel.log"
fi
