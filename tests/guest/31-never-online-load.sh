#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot: maxcpus=1
# cpus: 4
#
# Loads that fail half-way, as in 30-load-failure, with CPUs that have never been online:
# what was set up by then goes without them. With every third allocation that fails there.

# shellcheck source=lib/ktap.sh
. /tests/lib/ktap.sh

cpus=/sys/devices/system/cpu
ktap_need [ "$(cat $cpus/possible)" != "$(cat $cpus/online)" ]

# shellcheck disable=SC2034
load_step=3
# shellcheck source=30-load-failure.sh
. /tests/30-load-failure.sh
