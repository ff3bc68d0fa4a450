#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# boot: maxcpus=32 tsc=reliable
# cpus: 255
# kernels: x86_64-isolated
#
# As 37-scale, with 32 CPUs.

# shellcheck source=37-scale.sh
. /tests/37-scale.sh
