#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/build/fetch.sh [--refresh]
#
# Gets the newest source of Linux 7.3 that Debian has, with apt, its signatures
# checked, without touching the system's own lists of packages. It looks for a
# newer one once a day, or when told to. Prints where the source is.
#
#   KERNEL_SERIES=7.3   which series to get
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/debian.sh
. "$top/scripts/lib/debian.sh"
help_if_asked "$@"
case "${1-}" in
'' | --refresh) ;;
*) die "what is $1?" "scripts/build/fetch.sh --help" ;;
esac

series=${KERNEL_SERIES:-7.3}
package=linux-source-$series
current=$cache/src/$package.current

lock source
mkdir -p "$cache/src" "$cache/logs"

if [ "${1-}" != --refresh ] && [ -n "$(find "$current" -mmin -1440 2>/dev/null)" ] &&
	[ -d "$(cat "$current")" ]; then
	cat "$current"
	exit 0
fi

command -v apt-get >/dev/null || die "no apt-get to get the kernel's source with" \
	"Build for a kernel of your own instead: make KDIR=/path/to/prepared/kernel"
own_apt "$cache/apt" "trixie trixie-backports"

update_failed() {
	if [ -d "$(cat "$current" 2>/dev/null)" ]; then
		say "No list of packages to be had: taking the source that is here, for a day"
		touch "$current"
		cat "$current"
		exit 0
	fi
	die "no list of packages to be had" "See $cache/logs/fetch-update.log"
}
say "Looking for the newest $package"
"${apt_get[@]}" update >"$cache/logs/fetch-update.log" 2>&1 || update_failed

version=$(apt-cache "${apt_get[@]:2}" policy "$package" |
	sed -n 's/^ *Candidate: //p')
if [ -z "$version" ] || [ "$version" = '(none)' ]; then
	die "Debian has no $package" "Try another series: KERNEL_SERIES=7.2"
fi

# A file name without the characters that make trouble in paths.
tree=$cache/src/linux-${version//[^0-9a-zA-Z.+-]/_}
if [ -d "$tree" ]; then
	say "Linux $version is here already"
else
	say "Taking Linux $version"
	work=$(mktemp -d "$cache/src/tmp.XXXXXX")
	cleanup_paths+=("$work")
	cd "$work"
	step "Downloading $package (160 MiB)" "$cache/logs/fetch.log" \
		"${apt_get[@]}" download "$package"
	unpack() {
		dpkg-deb --fsys-tarfile ./*.deb | tar -x "./usr/src/$package.tar.xz"
		tar -xf "usr/src/$package.tar.xz"
	}
	step "Unpacking" "$cache/logs/unpack.log" unpack
	mv "$package" "$tree"
	# The one before this may still be in use; those before that are not.
	find "$cache/src" -maxdepth 1 -name "linux-${series}[.-]*" -type d ! -newer "$current" \
		! -path "$(cat "$current" 2>/dev/null)" ! -path "$tree" \
		-exec rm -rf {} + 2>/dev/null || true
fi
echo "$tree" >"$current.new"
mv "$current.new" "$current"
echo "$tree"
