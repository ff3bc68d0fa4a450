#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/vm/qemu-tags.sh ARGUMENT...
#
# Runs qemu-system-aarch64 where memory has tags: this machine's, or that of the Debian 13 of
# scripts/debian/chroot.sh, if this machine's is older than 10. Debian 12's, 7.2, gives memory
# other tags than the kernel asks for, and no kernel with KASAN_HW_TAGS gets far in it.
#
#   DEPS=skip   install nothing
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
help_if_asked "$@"

version=$(qemu-system-aarch64 --version | sed -n 's/^QEMU emulator version \([0-9]*\)\..*/\1/p')
[ "${version:-0}" -lt 10 ] || exec qemu-system-aarch64 "$@"

chroot=$top/scripts/debian/chroot.sh
install_qemu() {
	"$chroot" --root apt-get -q -o APT::Update::Error-Mode=any update &&
		"$chroot" --root env DEBIAN_FRONTEND=noninteractive apt-get -qy install \
			--no-install-recommends qemu-system-arm
}

# In a shell of its own, so that the lock isn't kept.
(
	lock debian-packages
	if ! "$chroot" sh -c 'command -v qemu-system-aarch64' >/dev/null; then
		[ "${DEPS-}" != skip ] ||
			die "there is no QEMU in $cache/debian" "Run this without DEPS=skip."
		step "Installing QEMU in $cache/debian" "$cache/logs/debian-qemu.log" install_qemu
	fi
)
exec "$chroot" qemu-system-aarch64 "$@"
