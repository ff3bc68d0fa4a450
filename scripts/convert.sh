#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/convert.sh   (make convert)
#
# Converts ext4 and MPLS of the test kernel by tools/rcu-sites/convert-sites, and has both at work:
# filesystems are resized that are in use, again and again, and tables of labels
# replaced by which packets find their way; also while pages can't be had, and with both
# as they are beside it. Who waits for RCU is recorded before and after. On user-mode
# Linux, and on x86_64 in QEMU with KASAN and lockdep. Ends with one line: N passed, N
# failed, N skipped.
#
#   KERNELS="um-convert x86_64-convert"   which kernels
#   TESTS="60-ext4 61-mpls 62-rank" which of these
#   WORDS="ext4_rounds=9 ext4_max=4096 mpls_resizes=5000"
#                                   filesystems one after the other, and to how many MiB
#                                   each grows (default: 2 to 1024); how many tables
#                                   (default: 2000)
#   DEPS=skip                       install nothing
#   JOBS=n                          how many compilers to run at once
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
help_if_asked "$@"
no_arguments "$@"

"$top/scripts/build/deps.sh" convert
KERNELS=${KERNELS:-um-convert x86_64-convert} TESTS=${TESTS:-60-ext4 61-mpls 62-rank} \
	GUEST_WORDS=${WORDS-} exec "$top/scripts/test.sh"
