#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/dkms/build.sh KERNEL KDIR
#
# What DKMS runs to build the module for KERNEL, whose headers are in KDIR. For kernels built with
# clang it adds LLVM=1, which is not looked at: module.sh finds out by itself, and takes the clang
# of the right version.
set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
help_if_asked "$@"

[ $# -ge 2 ] || die "for which kernel?" "scripts/dkms/build.sh --help"
"$top/scripts/build/module.sh" "$2" modules
mkdir -p "$built"
touch "$built/$1"
