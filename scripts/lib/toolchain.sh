# SPDX-License-Identifier: GPL-2.0
#
# Finds the tools and exports what the kernel's build wants to know of them:
# RUSTC RUSTDOC RUSTFMT CLIPPY_DRIVER RUST_LIB_SRC BINDGEN LIBCLANG_PATH, and LLVM_SUFFIX
# for LLVM=. Each can be given in the environment instead.
# shellcheck shell=bash disable=SC2119,SC2120,SC2154

# What Debian 13 has, and the oldest that the kernel takes.
rust_oldest=1.85.0

version_at_least() {
	[ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

rust_lib_src() {
	echo "$("$1" --print sysroot)/lib/rustlib/src/rust/library"
}

# A toolchain manager's rustc often comes first in PATH and without the source of
# the library, and then the kernel's configuration drops Rust without a word. So
# each is tried for what the kernel needs, the system's first.
rustc_usable() {
	local version
	version=$("$1" --version 2>/dev/null | cut -d ' ' -f 2) || return 1
	[ -n "$version" ] && version_at_least "$rust_oldest" "$version" &&
		[ -f "$(rust_lib_src "$1")/core/src/lib.rs" ]
}

# by_version TOOL: those in PATH that are named like rustc-1.85, the newest first
by_version() {
	compgen -c "$1-" | grep -xE "$1-[0-9.]+" | sort -ruV | while read -r tool; do
		command -v "$tool"
	done
}

# rustc_candidates: every rustc there is, the best first
rustc_candidates() {
	{
		[ -z "${RUSTC-}" ] || command -v "$RUSTC"
		ls /usr/bin/rustc
		type -ap rustc
		# Where there may be several, each has its version in its name.
		by_version rustc
	} 2>/dev/null | awk '!seen[$0]++'
}

# find_rust [VERSION TEXT]: any that will do, or exactly the one asked for
find_rust() {
	local candidate dir version
	while read -r candidate; do
		rustc_usable "$candidate" || continue
		[ $# -eq 0 ] || [ "$("$candidate" --version)" = "$1" ] || continue
		export RUSTC=$candidate RUST_LIB_SRC
		RUST_LIB_SRC=$(rust_lib_src "$candidate")
		# Its companions have the same version in their names, if any.
		dir=${candidate%rustc*} version=${candidate##*rustc}
		export HOSTRUSTC=$RUSTC RUSTDOC=${dir}rustdoc$version RUSTFMT=${dir}rustfmt$version
		export CLIPPY_DRIVER=${dir}clippy-driver$version
		return 0
	done < <(rustc_candidates)
	return 1
}

# find_bindgen [VERSION TEXT]: any that will do, or exactly the one asked for
find_bindgen() {
	local candidate said
	while read -r candidate; do
		said=$("$candidate" --version 2>/dev/null) || continue
		version_at_least 0.71.1 "${said#* }" || continue
		[ $# -eq 0 ] || [ "$said" = "$1" ] || continue
		export BINDGEN=$candidate
		return 0
	done < <(bindgen_candidates)
	return 1
}

bindgen_candidates() {
	[ -z "${BINDGEN-}" ] || echo "$BINDGEN"
	echo "$cache/tools/bin/bindgen"
	echo bindgen
	by_version bindgen
}

# Of which LLVM its code generator is.
rustc_llvm() {
	"$RUSTC" --version --verbose | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p'
}

# find_llvm [MAJOR]: any that will do, or exactly the one asked for
find_llvm() {
	local candidate
	for candidate in ${1-19 20 21 18 17}; do
		if [ -x "/usr/lib/llvm-$candidate/bin/clang" ]; then
			export LLVM_SUFFIX=-$candidate
			export LIBCLANG_PATH=${LIBCLANG_PATH:-/usr/lib/llvm-$candidate/lib}
			return 0
		fi
	done
	# Elsewhere it has no suffix, and bindgen finds the library by itself.
	command -v clang ld.lld >/dev/null || return 1
	clang --version | grep -q "version ${1-}" || return 1
	export LLVM_SUFFIX=1
}

# find_tools [rustc]: with any LLVM, or that of rustc
find_tools() {
	local major
	find_rust || die "no rustc that will do: 1.85 or newer, with its library's source" \
		"Debian 12: rustc-web rust-web-src; Debian 13: rustc rust-src; else rust-src"
	find_bindgen || die "no bindgen 0.71.1 or newer" \
		"Run without DEPS=skip, or: cargo install bindgen-cli"
	if [ "${1-}" = rustc ]; then
		major=$(rustc_llvm)
		find_llvm "$major" || die "no LLVM $major, which is what $RUSTC has" \
			"Install clang, lld and llvm $major."
	else
		find_llvm || die "no LLVM" "Install clang, lld and llvm 17 or newer."
	fi
}

# The system's first, as for rustc: another version may format otherwise.
find_rustfmt() {
	local candidate
	for candidate in "${RUSTFMT-}" /usr/bin/rustfmt rustfmt; do
		if [ -n "$candidate" ] && command -v "$candidate" >/dev/null; then
			export RUSTFMT=$candidate
			return 0
		fi
	done
	die "no rustfmt" "Debian 12: rustfmt-web; Debian 13: rustfmt"
}

# The system's first, and the rustc beside it: cargo alone would take the first in PATH. What is
# downloaded and built is kept in the cache.
find_cargo() {
	local candidate version
	for candidate in "${CARGO-}" /usr/bin/cargo cargo; do
		candidate=$(command -v "$candidate") || continue
		version=$("$candidate" --version 2>/dev/null | cut -d ' ' -f 2) || continue
		if version_at_least "$rust_oldest" "$version"; then
			export CARGO=$candidate RUSTC=${candidate%cargo}rustc
			export CARGO_HOME=$cache/model/cargo CARGO_TARGET_DIR=$cache/model/target
			return 0
		fi
	done
	die "no cargo $rust_oldest or newer" "Debian 12: cargo-web; Debian 13: cargo"
}

# What a build depends on besides its source and its configuration.
toolchain_text() {
	"$RUSTC" --version
	"$BINDGEN" --version
	"${CC:-gcc}" --version | head -n 1
	"clang${LLVM_SUFFIX#1}" --version | head -n 1
}
