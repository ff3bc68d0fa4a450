#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/debian/chroot.sh [--root] COMMAND [ARGUMENT...]
#
# Runs a command in a Debian 13 that is kept in the cache, and made if it isn't there: as this
# user, or as root. The project and the cache have their own names there, the project is the current directory,
# and nothing else of this system can be seen or changed. When the command ends, or this
# script does, all that it has started ends too, and nothing stays mounted.
#
#   DEPS=skip   install nothing; fail if there is none
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/debian.sh
. "$top/scripts/lib/debian.sh"
help_if_asked "$@"

sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
as=()
if [ "${1-}" = --root ]; then
	as=("${sudo[@]}")
	shift
fi
[ $# -gt 0 ] || die "which command?" "scripts/debian/chroot.sh --help"

"$top/scripts/build/deps.sh" debian
root=$cache/debian
if [ ! -d "$root" ]; then
	[ "${DEPS-}" != skip ] || die "there is no Debian 13 in $root" "Run this without DEPS=skip."
	check_keyring
	site=$(debian_site)
	lock debian
fi
if [ ! -d "$root" ]; then
	# What an interrupted run has left.
	"${sudo[@]}" rm -rf --one-file-system "$root.new"
	make_root() {
		"${sudo[@]}" mmdebstrap --mode=root --variant=apt --keyring="$debian_keyring" \
			--aptopt='APT::Install-Recommends "false"' --skip=cleanup/apt/lists \
			trixie "$root.new" "deb $site trixie main" "deb $site trixie-backports main"
	}
	step "Making a Debian 13 in $root" "$cache/logs/debian.log" make_root
	"${sudo[@]}" mv "$root.new" "$root"
fi

# For a user it isn't writable.
for dir in "$top" "$cache"; do
	[ -d "$root$dir" ] || "${sudo[@]}" mkdir -p "$root$dir"
done

# Headers there have the names of headers here.
exec "${as[@]}" bwrap --die-with-parent --bind "$root" / --dev /dev --proc /proc \
	--perms 1777 --tmpfs /tmp --ro-bind-try /etc/resolv.conf /etc/resolv.conf \
	--bind "$top" "$top" --bind "$cache" "$cache" --chdir "$top" --clearenv \
	--setenv PATH /usr/sbin:/usr/bin:/sbin:/bin --setenv HOME "${HOME:-/}" \
	--setenv XDG_CACHE_HOME "${cache%/*}" --setenv HEADERS_DIR "$cache/debian-headers" \
	--setenv DEPS "${DEPS-}" --setenv JOBS "$jobs" --setenv TERM "${TERM:-dumb}" "$@"
