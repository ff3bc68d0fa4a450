#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/debian/root.sh DIR
#
# Makes a fresh Debian 13 in DIR, with the mirror that this machine uses already, and backports.
# There is nothing but apt and what can't be done without (180 MB). It is a copy of one that is
# kept in the cache, and made anew when that is a week old.
#
#   DEPS=skip   take the one that is kept, however old
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/debian.sh
. "$top/scripts/lib/debian.sh"
help_if_asked "$@"

[ $# -eq 1 ] || die "where to?" "scripts/debian/root.sh --help"
[ ! -e "$1" ] || die "there is something already: $1"

"$top/scripts/build/deps.sh" debian
fresh=$cache/debian-fresh
lock debian-fresh
if [ "${DEPS-}" = skip ]; then
	[ -d "$fresh" ] || die "there is no Debian 13 in $fresh" "Run this without DEPS=skip."
elif [ -z "$(find "$fresh" -maxdepth 0 -mtime -7 2>/dev/null)" ]; then
	check_keyring
	site=$(debian_site)
	# What an interrupted run has left.
	"${sudo[@]}" rm -rf --one-file-system "$fresh.new"
	make_root() {
		"${sudo[@]}" mmdebstrap --mode=root --variant=apt --keyring="$debian_keyring" \
			--aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
			--skip=cleanup/apt/lists \
			trixie "$fresh.new" "deb $site trixie main" "deb $site trixie-backports main"
	}
	step "Making a Debian 13 in $fresh" "$cache/logs/debian.log" make_root
	"${sudo[@]}" touch "$fresh.new"
	"${sudo[@]}" rm -rf --one-file-system "$fresh"
	"${sudo[@]}" mv "$fresh.new" "$fresh"
fi

"${sudo[@]}" rm -rf --one-file-system "$1.new"
"${sudo[@]}" cp -a --reflink=auto "$fresh" "$1.new"
"${sudo[@]}" mv "$1.new" "$1"
