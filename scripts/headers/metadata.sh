#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/headers/metadata.sh HEADERS
#
# Makes what the headers of a Debian kernel lack to build modules in Rust: the metadata of the
# kernel's crates. They are compiled from the source of exactly that kernel, with its
# configuration and the compiler that it was built with, and what can be compared with the
# headers is. Prints a folder to build against, made of links to the headers and of what they
# lack. What was made once is found again.
#
# Takes about two minutes on two cores and 500 MB of disk meanwhile; 180 MB stay in the cache
# for a kernel. The status is 77 where it can't be made for this kernel, or not with what is
# installed here.
#
#   DEPS=skip         download nothing
#   HEADERS_DIR=...   where to keep it (default: headers/ in the cache)
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/headers.sh
. "$top/scripts/lib/headers.sh"
# shellcheck source=../lib/toolchain.sh
. "$top/scripts/lib/toolchain.sh"
help_if_asked "$@"

[ $# -eq 1 ] || die "of which headers?" "scripts/headers/metadata.sh --help"
headers=$(realpath -e "$1" 2>/dev/null) || die "no such directory: $1"
for file in include/config/auto.conf include/config/kernel.release; do
	[ -f "$headers/$file" ] || refuse "$headers has no $file" \
		"apt-get install linux-headers-\$(uname -r)"
done
release=$(release_of "$headers")
version=$(debian_version "$headers")
[ -n "$version" ] || refuse "$release has no Rust metadata, and its headers aren't Debian's: $headers" \
	"Prepare the kernel's source with its .config: make prepare modules_prepare"
check_rust "$headers"
wanted=$(setting "$headers" BINDGEN_VERSION_TEXT)
find_bindgen "$wanted" || refuse "$release was built with another bindgen: $wanted" \
	"Here: $("${BINDGEN:-bindgen}" --version 2>/dev/null || echo none). Name it with BINDGEN=."

# Debian's headers say for which machine they are, and how its compiler is called.
variables=$(make -s -f - <<<"-include $headers/.kernelvariables
all:; @echo \$(or \$(ARCH),x86) \$(or \$(CROSS_COMPILE),-) \$(CROSS_COMPILE_COMPAT)")
read -r arch cross compat <<<"$variables"
cross=${cross#-}
if [ "$(setting "$headers" COMPAT_VDSO)" = y ] && ! command -v "${compat}gcc" >/dev/null; then
	refuse "it takes a compiler for programs of 32 bits: ${compat}gcc" \
		"apt-get install gcc-${compat%-}"
fi

# All that it is made of and links to. Two packages may have kernels of one name. The number is
# raised when other things are made of the same: what is kept outlives its source, if it can.
key=$({
	echo "1 $headers $version"
	"$RUSTC" --version
	"$BINDGEN" --version
	cat "$headers"/{.config,Module.symvers,Makefile}
} | sha256sum | cut -c 1-12)
kept=${HEADERS_DIR:-$cache/headers}
out=$kept/$release-$key

lock headers
if [ -d "$out" ]; then
	touch "$out"
	echo "$out"
	exit 0
fi
mkdir -p "$kept"
# Always the same, since its path is in what is made, and some of that is the same for all
# kernels then. A run that was killed may have left something.
work=$kept/tmp
rm -rf "$work"

free=$(df --output=avail -B1M "$kept" | tail -n 1)
[ "$free" -ge 600 ] || refuse "it takes 600 MB of disk in $kept, and there are ${free// /}" \
	"Make room, or set XDG_CACHE_HOME to where there is some."

say "Making the Rust metadata of $release: some two minutes, once"
mkdir "$work"
cleanup_paths+=("$work")
logs=$cache/logs/headers-$release

source=$("$top/scripts/headers/source.sh" "$headers" "$work" "$arch")

# The crates are compiled with the source's headers, and modules with these.
common=$(sed -n 's|^include \(.*\)/Makefile$|\1|p' "$headers/Makefile")
[ -d "$common/include" ] || refuse "the headers of $release are without those of all its kinds: $common" \
	"apt-get install --reinstall $(basename "$common")"
different=$(cd "$common" &&
	find include "arch/$arch/include" -name '*.h' -type f -print0 | xargs -0 sha256sum |
	(cd "$source" && sha256sum -c --quiet 2>/dev/null) | head -n 1) || true
[ -z "$different" ] || refuse \
	"the source isn't that of $release: ${different%:*} differs from that in $common" \
	"Reinstall the kernel, its headers and linux-source in one version."

build=$work/build
mkdir "$build"
for file in .config .kernelvariables Module.symvers vmlinux; do
	[ ! -e "$headers/$file" ] || cp "$headers/$file" "$build/"
done
# What a user has set for builds of modules is not for the kernel.
kbuild=(env -u KCFLAGS -u KCPPFLAGS -u KAFLAGS -u KRUSTFLAGS -u LLVM
	make -C "$source" "O=$build" "ARCH=$arch" "CROSS_COMPILE=$cross" "RUSTC=$RUSTC"
	"HOSTRUSTC=$RUSTC" "BINDGEN=$BINDGEN" "RUST_LIB_SRC=$RUST_LIB_SRC" "-j$jobs")
step "Configuring it" "$logs-config.log" "${kbuild[@]}" olddefconfig
difference=$(diff "$headers/.config" "$build/.config" | grep '^[<>]' | head -n 4) || true
[ -z "$difference" ] || refuse \
	"the configuration of $release changes with what is installed here: $difference" \
	"A compiler of another version? See $logs-config.log"
step "Preparing it" "$logs.log" "${kbuild[@]}" prepare modules_prepare

# Nothing but names is looked at when a module is loaded: here is where it would be seen that
# this isn't the kernel that it seems.
while IFS= read -r file; do
	# Of the day and the machine of the build.
	case $file in
	*/compile.h | */utsversion.h | */package.h) continue ;;
	esac
	cmp -s "$headers/$file" "$build/$file" || refuse \
		"$release was built from other source: $file differs from the headers'" \
		"See $logs.log; reinstall the kernel, its headers and linux-source in one version."
done < <(cd "$headers" && find include/generated/ arch/*/include/generated/ -type f)
symbols=$(awk '$3 == "vmlinux" && $2 ~ /^_R/ { print $2 }' "$headers/Module.symvers" | sort -u)
missing=$(comm -23 <(echo "$symbols") \
	<(cat "$build"/rust/exports_*_generated.h | grep -oE '\b_R\w+' | sort -u))
if [ -z "$symbols" ] || [ -n "$missing" ]; then
	refuse "the crates aren't those of $release: it lacks $(head -n 1 <<<"${missing:-every symbol}")" \
		"Was another compiler of the same version used? See $logs.log"
fi

overlay=$work/overlay
mkdir -p "$overlay"/{rust/kernel,scripts}
for file in "$headers"/{.config,.kernelvariables,Module.symvers,arch,include,tools,vmlinux} \
	"$headers"/scripts/*; do
	[ ! -e "$file" ] || ln -s "$file" "$overlay/${file#"$headers/"}"
done
mv "$build"/rust/*.{rmeta,so} "$overlay/rust/"
mv "$build"/rust/kernel/generated_*.rs "$overlay/rust/kernel/"
[ ! -f "$build/scripts/target.json" ] || mv "$build/scripts/target.json" "$overlay/scripts/"
sed "s|^KBUILD_OUTPUT.*|KBUILD_OUTPUT = $out|" "$headers/Makefile" >"$overlay/Makefile"
# What is the same for another kernel is there once. It isn't much: the configuration is in the
# metadata of every crate.
for file in "$overlay"/rust/*.*; do
	for same in "$kept"/*/rust/"${file##*/}"; do
		if cmp -s "$file" "$same"; then
			ln -f "$same" "$file"
			break
		fi
	done
done
mv "$overlay" "$out"

# Only now, as it may be all that there is; and those whose headers are gone.
keep_two "$kept" "$release-????????????"
forget_gone "$kept"
say "It takes $(du -sm "$out" | cut -f 1) MB in $out"
echo "$out"
