#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/dkms/pre-build.sh KERNEL KDIR
#
# What DKMS runs before it builds the module for KERNEL, whose headers are in KDIR: makes the
# Rust metadata that these lack, in /var/cache/rcu-headless, and leaves a link to what to build
# against in /var/cache/rcu-headless/kernels/KERNEL. Where the module can't be built for this
# kernel the status is 77, by which DKMS skips it; the reason is kept in
# /var/lib/rcu-headless/skipped/KERNEL.
set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$0")/settings.sh"
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
help_if_asked "$@"

[ $# -eq 2 ] || die "for which kernel?" "scripts/dkms/pre-build.sh --help"
kernel=$1
mkdir -p "$skipped" "$kernels"
rm -f "$skipped/$kernel"

work=$(mktemp -d)
cleanup_paths+=("$work")
status=0
if ! "$top/scripts/build/module.sh" "$2" metadata 2>&1 >"$work/kdir" | tee "$work/said" >&2; then
	status=${PIPESTATUS[0]}
fi
case $status in
0) ln -sfnT "$(cat "$work/kdir")" "$kernels/$kernel" ;;
77) sed -n '/^error: /,$p' "$work/said" >"$skipped/$kernel" ;;
esac
exit "$status"
