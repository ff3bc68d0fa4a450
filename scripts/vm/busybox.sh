#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/vm/busybox.sh KERNEL
#
# Prints where a static busybox is that runs on a test kernel: this system's, or, for another
# architecture, that of Debian's package, which is downloaded into the cache but not installed.
#
#   DEPS=skip   download nothing
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/debian.sh
. "$top/scripts/lib/debian.sh"
# shellcheck source=../lib/kernels.sh
. "$top/scripts/lib/kernels.sh"
help_if_asked "$@"

[ $# -eq 1 ] || die "for which kernel?" "scripts/vm/busybox.sh --help"
if is_native "$1"; then
	busybox=$(PATH=$PATH:/bin:/usr/bin command -v busybox) ||
		die "no busybox" "apt-get install busybox-static"
	if LC_ALL=C ldd "$busybox" >/dev/null 2>&1; then
		die "$busybox is not static" "apt-get install busybox-static"
	fi
	echo "$busybox"
	exit 0
fi

arch=$(kernel_arch "$1")
[ "$arch" != x86_64 ] || arch=amd64
busybox=$cache/tools/busybox-$arch
lock busybox
if [ ! -x "$busybox" ]; then
	[ "${DEPS-}" != skip ] || die "there is no busybox for $arch in $busybox" \
		"Run this without DEPS=skip."
	mkdir -p "$cache/tools"
	work=$(mktemp -d "$cache/tools/tmp.XXXXXX")
	cleanup_paths+=("$work")
	own_apt "$cache/apt-$arch" trixie "$arch"
	cd "$work"
	get() {
		"${apt_get[@]}" update && "${apt_get[@]}" download busybox-static &&
			dpkg-deb -x ./*.deb .
	}
	step "Downloading busybox for $arch" "$cache/logs/busybox-$arch.log" get
	mv "$(find . -path '*/bin/busybox' -type f | head -n 1)" "$busybox"
fi
echo "$busybox"
