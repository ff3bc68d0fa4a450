#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/headers/source.sh HEADERS DIR ARCH
#
# Unpacks into DIR what it takes of the source of exactly the kernel that Debian's HEADERS are
# of to prepare it for ARCH, the name of a folder of arch/. It is that of the installed package
# linux-source, if it is of the version; otherwise the package is downloaded, but not installed.
# Prints where the source is. The status is 77 where there is none.
#
#   DEPS=skip   download nothing
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/headers.sh
. "$top/scripts/lib/headers.sh"
help_if_asked "$@"

[ $# -eq 3 ] || die "of which headers, and where to?" "scripts/headers/source.sh --help"
headers=$1 dir=$2 arch=$3
version=$(debian_version "$headers")
[ -n "$version" ] || die "these headers aren't Debian's: $headers"
series=$(release_of "$headers" | cut -d . -f 1,2 | sed 's/[^0-9.].*//')
package=linux-source-$series
tarball=/usr/src/$package.tar.xz

# There once the package is unpacked, whether or not it is configured yet.
installed=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null || true)
if [ "$installed" = "$version" ] && [ -f "$tarball" ]; then
	unpack() {
		tar -xf "$tarball" "$@"
	}
else
	[ "${DEPS-}" != skip ] || refuse \
		"the source of this kernel isn't here: $package $version${installed:+, but $installed}" \
		"apt-get install $package=$version"
	gone() {
		refuse "Debian's archive has no $package $version (any more), only: ${1:-none}" \
			"Have apt upgrade the kernel, its headers and $package together, and restart."
	}
	offered=$(apt-cache madison "$package" 2>/dev/null | awk '{ print $3 }') || true
	[ -n "$offered" ] || refuse "apt knows no $package" \
		"apt-get update; where it is in backports, apt needs these as a source."
	grep -qxF "$version" <<<"$offered" || gone "$(paste -sd ' ' <<<"$offered")"
	mkdir -p "$dir/deb"
	cd "$dir/deb"
	step "Downloading $package $version (160 MiB)" "$cache/logs/headers-source.log" \
		apt-get -q -o APT::Sandbox::User="$(id -un)" download "$package=$version"
	unpack() {
		dpkg-deb --fsys-tarfile ./*.deb | tar -xO "./usr/src/$package.tar.xz" |
			tar -xJ -C "$dir" "$@" && rm -r "$dir/deb"
	}
fi

# Nothing of this goes into what is prepared. What isn't named here is unpacked: from version to
# version more files are needed, seldom fewer.
anywhere=('*.dts' '*.dtsi' '*.dtso' '*.rst' '*.yaml')
below=('arch/*/configs/*' 'drivers/*.c' 'fs/*.c' 'net/*.c' 'sound/*.c' 'Documentation/ABI/*'
	'Documentation/*.txt' 'tools/net/*' 'tools/perf/*' 'tools/power/*' 'tools/testing/*')
for part in accel clk crypto gpu infiniband iio media net pinctrl scsi soc staging usb video; do
	below+=("drivers/$part/*.h")
done
for other in alpha arc arm arm64 csky hexagon loongarch m68k microblaze mips nios2 openrisc \
	parisc powerpc riscv s390 sh sparc x86 xtensa; do
	case $other/$arch in
	# arm64 has a piece of code for programs of 32 bits, made of arm's.
	"$arch/$arch" | arm/arm64) ;;
	*) below+=("arch/$other/*.[chS]") ;;
	esac
done
below=("${below[@]/#/$package/}")

cd "$dir"
step "Unpacking what it takes of $package" "$cache/logs/headers-unpack.log" \
	unpack --wildcards --no-anchored "${anywhere[@]/#/--exclude=}" \
	--anchored "${below[@]/#/--exclude=}"
echo "$dir/$package"
