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
# shellcheck source=../lib/headers.sh
. "$top/scripts/lib/headers.sh"
help_if_asked "$@"

[ $# -eq 2 ] || die "for which kernel?" "scripts/dkms/pre-build.sh --help"
kernel=$1
mkdir -p "$skipped" "$kernels"

work=$(mktemp -d)
cleanup_paths+=("$work")
# DKMS would fail for one that isn't newer than what it finds.
by_hand() {
	local module
	for module in "/lib/modules/$kernel/updates/rcu_headless.ko"*; do
		[ ! -e "$module" ] || refuse "the module was installed by hand already: $module" \
			"Remove it, and run: dkms autoinstall -k $kernel"
	done
}
metadata() {
	by_hand && "$top/scripts/build/module.sh" "$1" metadata
}
status=0
if ! (metadata "$2") 2>&1 >"$work/kdir" | tee "$work/said" >&2; then
	status=${PIPESTATUS[0]}
fi
case $status in
0)
	debian_version "$2" >"$work/version"
	mv "$work/version" "$kernels/.$kernel"
	ln -sfnT "$(cat "$work/kdir")" "$kernels/$kernel"
	rm -f "$skipped/$kernel"
	;;
77) sed -n '/^error: /,$p' "$work/said" >"$skipped/$kernel" ;;
esac
exit "$status"
