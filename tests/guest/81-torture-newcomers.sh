#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot: maxcpus=2 rcu_nocbs=all
# cpus: 8
# kernels: x86_64-isolated
#
# A third of the torture, where a CPU comes for the first time in each round as long as there
# is one, and where RCU puts callbacks off.

# shellcheck disable=SC2034,SC2154
torture_seconds=$((${torture_seconds:-35} / 3))
TORTURE_ALONE="newcomers callers hogged contexts"
TORTURE_PHASES="none newcomers all"
# shellcheck source=80-torture.sh
. /tests/80-torture.sh
