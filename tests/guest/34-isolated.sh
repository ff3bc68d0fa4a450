#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot: nohz_full=3 isolcpus=3 rcu_nocbs=3 tsc=reliable
# kernels: x86_64 x86_64-isolated
#
# A task on an isolated CPU frees objects and returns to user space: from then on
# nothing of ours happens on that CPU, no interrupt, timer, or work. The kernel's own
# call beside it. The kernel's watchdog of clocks, which interrupts all CPUs in turns, is
# told that there is no need.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/isolated.sh
. /tests/lib/isolated.sh

ktap_start 8
isolated_begin
if ! is "$(cat /sys/devices/system/cpu/nohz_full)" 3; then
	echo "Bail out! CPU 3 isn't isolated"
	exit 1
fi
isolated_checks "nohz_full"
isolated_end
ktap_end
