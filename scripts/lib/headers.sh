# SPDX-License-Identifier: GPL-2.0
#
# What is known of a prepared kernel, or of the headers that a distribution ships for one.
# shellcheck shell=bash disable=SC2154

# setting KDIR NAME: its value in the kernel's configuration, without quotes
setting() {
	sed -n "s/^CONFIG_$2=//p" "$1/include/config/auto.conf" | tr -d '"'
}

# release_of KDIR: as in "7.3.4+deb13-amd64"
release_of() {
	cat "$1/include/config/kernel.release"
}

# debian_version KDIR: of the packages that the headers are from, as in "7.3.4-1~bpo13+1";
# nothing if Debian hasn't built them
debian_version() {
	sed -n 's/^#define LINUX_PACKAGE_ID " Debian \(.*\)"$/\1/p' \
		"$1/include/generated/package.h" 2>/dev/null || true
}

# has_metadata KDIR: whether modules in Rust can be built against it
has_metadata() {
	[ -f "$1/rust/libkernel.rmeta" ]
}

# forget_gone DIR: removes the metadata there of headers that are gone
forget_gone() {
	local old
	for old in "$1"/*/; do
		[ ! -L "${old}.config" ] || [ -e "${old}.config" ] || rm -rf "$old"
	done
}

# check_rust KDIR: whether the kernel has Rust, and the rustc that it was built with is here;
# sets RUSTC and the like
check_rust() {
	local wanted release
	release=$(release_of "$1")
	[ "$(setting "$1" RUST)" = y ] || refuse "$release was configured without CONFIG_RUST" \
		"Take a kernel that has it (Debian's from 7.2 on), or set it and build that one again."
	wanted=$(setting "$1" RUSTC_VERSION_TEXT)
	find_rust "$wanted" || refuse "$release was built with another rustc: $wanted" \
		"$(rust_advice "$wanted")"
}

# rust_advice VERSION-TEXT: what is here instead, and what to do
rust_advice() {
	local rustc said here=() version=${1#rustc }
	while read -r rustc; do
		said=$("$rustc" --version 2>/dev/null) || continue
		if [ "$said" = "$1" ]; then
			echo "$rustc lacks the source of its library: apt-get install rust-src" \
				"(of the same version)"
			return
		fi
		# /bin and /usr/bin may be one.
		[[ " ${here[*]} " = *" $said "* ]] || here+=("$said")
	done < <(rustc_candidates)
	echo "Here: ${here[*]:-none}. Install rustc and rust-src ${version%% *}," \
		"or name it with RUSTC=."
}
