#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/debian/chroot.sh [--root] COMMAND [ARGUMENT...]
#
# Runs a command in a Debian 13 that is kept in the cache, and made if it isn't there: as this
# user, or as root. The project and the cache have their own names there, the project is the
# current directory, and nothing else of this system can be seen or changed. When the command
# ends, or this script does, all that it has started ends too, and nothing stays mounted.
#
#   DEPS=skip             install nothing; fail if there is none
#   DEBIAN_ROOT=...       another one, as scripts/debian/root.sh makes them
#   DEBIAN_PACKAGES=...   where apt there keeps what it downloads, for the next one
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
help_if_asked "$@"

as=()
if [ "${1-}" = --root ]; then
	as=("${sudo[@]}")
	shift
fi
[ $# -gt 0 ] || die "which command?" "scripts/debian/chroot.sh --help"

"$top/scripts/build/deps.sh" debian
root=${DEBIAN_ROOT:-$cache/debian}
if [ ! -d "$root" ]; then
	lock debian
	[ -d "$root" ] || "$top/scripts/debian/root.sh" "$root"
fi

# For a user it isn't writable.
for dir in "$top" "$cache"; do
	[ -d "$root$dir" ] || "${sudo[@]}" mkdir -p "$root$dir"
done

packages=()
[ -z "${DEBIAN_PACKAGES-}" ] || packages=(--bind "$DEBIAN_PACKAGES" /var/cache/apt/archives)

# Headers there have the names of headers here.
exec "${as[@]}" bwrap --die-with-parent --unshare-pid --bind "$root" / --dev /dev --proc /proc \
	--perms 1777 --tmpfs /tmp --ro-bind-try /etc/resolv.conf /etc/resolv.conf \
	--bind "$top" "$top" --bind "$cache" "$cache" "${packages[@]}" --chdir "$top" --clearenv \
	--setenv PATH /usr/sbin:/usr/bin:/sbin:/bin --setenv HOME "${HOME:-/}" \
	--setenv XDG_CACHE_HOME "${cache%/*}" --setenv HEADERS_DIR "$cache/debian-headers" \
	--setenv DEPS "${DEPS-}" --setenv JOBS "$jobs" --setenv TERM "${TERM:-dumb}" "$@"
