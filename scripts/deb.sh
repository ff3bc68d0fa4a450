#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/deb.sh   (make deb)
#
# Builds the packages rcu-headless-dkms and rcu-headless-tools in a Debian 13 of the cache, and
# has lintian look at them: its errors and warnings fail. The version is that of
# rust/helpers/version.c, the date that of CHANGELOG.md, so that the same sources make the same
# packages. Prints their names.
#
#   DEB_DIR=...                    where to leave them (default: deb/ in the cache)
#   DEBFULLNAME=..., DEBEMAIL=...  whose packages they are (default: this user's, at this host)
#   DEPS=skip                      install nothing
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=lib/sources.sh
. "$top/scripts/lib/sources.sh"
help_if_asked "$@"
no_arguments "$@"

version=$(sed -n 's/^MODULE_VERSION("\(.*\)");$/\1/p' "$top/rust/helpers/version.c")
date=$(sed -n "s/^## \[$version\] - //p" "$top/CHANGELOG.md")
[ -n "$date" ] || die "CHANGELOG.md knows no version $version, which rust/helpers/version.c has"
user=$(id -un 2>/dev/null) || user=user
email=${DEBEMAIL:-${EMAIL:-$user@$(hostname -f 2>/dev/null || hostname)}}
maintainer="${DEBFULLNAME:-$user} <$email>"
dest=${DEB_DIR:-$cache/deb}
mkdir -p "$cache" "$dest"

work=$(mktemp -d "$cache/deb-build.XXXXXX")
cleanup_paths+=("$work")
tree=$work/rcu-headless-$version
mkdir "$tree"
sources | tar -C "$top" -cT - | tar -x -C "$tree"
cp -r "$tree/scripts/deb/debian" "$tree/debian"
sed -i "s/@MAINTAINER@/${maintainer//[\/&]/\\&}/" "$tree/debian/control"
cat >"$tree/debian/changelog" <<EOF
rcu-headless ($version) unstable; urgency=medium

  * Version $version: what is new in it is in CHANGELOG.md.

 -- $maintainer  $(date -u -R -d "$date")
EOF
chmod -R u=rwX,go=rX "$tree"

export DEBIAN_ROOT=$cache/debian-build
chroot=$top/scripts/debian/chroot.sh
"$chroot" true
lock debian-build
if ! "$chroot" sh -c "cd '$tree' && dpkg-checkbuilddeps && command -v lintian" >/dev/null 2>&1; then
	[ "${DEPS-}" != skip ] || die "debhelper or lintian is missing in $DEBIAN_ROOT" \
		"Run this without DEPS=skip."
	get_tools() {
		local apt=("$chroot" --root env DEBIAN_FRONTEND=noninteractive apt-get -qy)
		"${apt[@]}" -o APT::Update::Error-Mode=any update && "${apt[@]}" install lintian &&
			"${apt[@]}" build-dep "$tree"
	}
	step "Installing debhelper and lintian in $DEBIAN_ROOT" "$cache/logs/deb-tools.log" get_tools
fi

build() {
	"$chroot" sh -c "cd '$tree' && dpkg-buildpackage -b -us -uc"
}
step "Building rcu-headless $version" "$cache/logs/deb-build.log" build
look() {
	# Who builds it, and whether that is root, is nothing about the package.
	"$chroot" sh -c "cd '$work' && lintian --fail-on error,warning --info --allow-root \
		--suppress-tags root-in-contact,bogus-mail-host,bogus-mail-host-in-debian-changelog \
		*.changes"
}
step "Having lintian look at it" "$cache/logs/deb-lintian.log" look
rm -f "$dest"/rcu-headless-*_"${version}"_all.deb
mv "$work"/*.deb "$dest/"
say "They are in $dest"
ls "$dest"/rcu-headless-*_"${version}"_all.deb
