#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot: rcutree.kthread_prio=99
# kernels: x86_64-rt
#
# As 28-hogged, where RCU's threads come before the real-time loop.

# shellcheck source=28-hogged.sh
. /tests/28-hogged.sh
