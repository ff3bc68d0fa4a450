#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/convert.sh   (make convert)
#
# Converts ext4 of the test kernel by scripts/convert-sites, and resizes filesystems with
# it that are in use, again and again, also while pages can't be had, and with ext4 as it
# is beside it: on user-mode Linux and on x86_64 in QEMU with KASAN and lockdep. Ends
# with one line: N passed, N failed, N skipped.
#
#   KERNELS="um-convert x86_64-convert"   which kernels
#   EXT4="ext4_rounds=9 ext4_max=1024"
#                                   filesystems one after the other, and to how many MiB
#                                   each grows (default: 2 to 640)
#   DEPS=skip                       install nothing
#   JOBS=n                          how many compilers to run at once
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
help_if_asked "$@"

"$top/scripts/deps.sh" convert
KERNELS=${KERNELS:-um-convert x86_64-convert} TESTS=60-ext4 GUEST_WORDS=${EXT4-} \
	exec "$top/scripts/test.sh"
