#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/build/deps.sh lint|run|test|check|model|bench|convert|mutants|debian|deb
#
# Installs what the given target needs and this system lacks: packages of Debian
# 12 or 13, named before they are installed, and where Debian's bindgen is too
# old, bindgen from its source, into the cache; for model the crates that
# tests/model/Cargo.toml names, there too; for lint and check what
# scripts/build/prometheus.sh gets. Nothing else is touched.
#
#   DEPS=skip     install and download nothing; fail and say what is missing
#   KERNELS=...   of which test kernels what they need beyond that
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/kernels.sh
. "$top/scripts/lib/kernels.sh"
# shellcheck source=../lib/toolchain.sh
. "$top/scripts/lib/toolchain.sh"
help_if_asked "$@"

target=${1-}
case "$target" in
lint | run | test | check | model | bench | convert | mutants | debian | deb) ;;
*) die "which target?" "scripts/build/deps.sh --help" ;;
esac

BINDGEN_VERSION=0.72.1

not_debian() {
	cat >&2 <<-EOF
	error: this is not Debian 12 or 13, so packages can't be installed for you.

	Install these yourself, then run the same command with DEPS=skip:
	  gcc, make, flex, bison, bc, perl, python3, xz, cpio, libelf's headers
	  rustc 1.85 or newer with its library source (rust-src), bindgen 0.71.1 or newer
	  LLVM 19: clang, lld, llvm tools, libclang
	  a static busybox; for 'make test' qemu-system-x86_64 (for kernels for arm64
	  qemu-system-aarch64, and gcc and a libc for that), and for Python
	  pyte and prometheus_client; for 'make bench' matplotlib
	  for 'make lint' git, patch, rustfmt, shellcheck, pyflakes3, pycodestyle,
	  coccinelle, and for Python docutils, pyte and prometheus_client; for 'make check' clippy
	  as well; for 'make model' cargo 1.85 or newer; for 'make convert' coccinelle, e2fsprogs,
	  iproute2, openssl's headers
	  for the kernels x86_64-strict pahole and libdw's headers, x86_64-lto the LLVM that
	  rustc has

	The test kernel's source comes from Debian's archive, which takes apt. To
	build the module for a kernel of your own you need none of this:
	  make KDIR=/path/to/prepared/kernel
	EOF
	exit 1
}

# fetch_crates: has what tests/model is built with in the cache, if that is asked for
fetch_crates() {
	local manifest=$top/tests/model/Cargo.toml host
	case $target in
	model | mutants) ;;
	*) return 0 ;;
	esac
	find_cargo
	host=$("$RUSTC" -vV | sed -n 's/^host: //p')
	lock model
	"$CARGO" fetch --quiet --offline --target "$host" --manifest-path "$manifest" \
		2>/dev/null && return
	[ "${DEPS-}" != skip ] || die "missing: crates of tests/model/Cargo.toml in $CARGO_HOME" \
		"CARGO_HOME=$CARGO_HOME $CARGO fetch --manifest-path $manifest"
	step "Downloading the crates of tests/model/Cargo.toml" "$cache/logs/crates.log" \
		"$CARGO" fetch --target "$host" --manifest-path "$manifest"
}

codename=''
if [ -r /etc/os-release ]; then
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
fi

common="gcc libc6-dev make flex bison bc perl python3 xz-utils cpio libelf-dev
	kmod busybox-static ca-certificates debian-archive-keyring
	clang-19 lld-19 llvm-19 libclang-19-dev"
case "$codename" in
bookworm)
	common="$common rustc-web rust-web-src cargo-web"
	model="rustc-web cargo-web"
	lint="rustfmt-web"
	clippy="rust-web-clippy"
	python=libpython3.11
	;;
trixie)
	common="$common rustc rust-src bindgen"
	model="rustc cargo"
	lint="rustfmt"
	clippy="rust-clippy"
	python=libpython3.13
	;;
*)
	[ "${DEPS-}" = skip ] || not_debian
	say "Not Debian 12 or 13: taking what is installed (DEPS=skip)"
	fetch_crates
	exit 0
	;;
esac
# The package lacks the library without which coccinelle runs no Python.
coccinelle="coccinelle $python"
lint="$lint git python3 shellcheck pyflakes3 pycodestyle patch $coccinelle python3-docutils
	python3-pyte python3-prometheus-client"
debian="mmdebstrap bubblewrap debian-archive-keyring"
case "$target" in
lint) packages=$lint ;;
run) packages=$common ;;
test) packages="$common qemu-system-x86 python3-pyte python3-prometheus-client" ;;
bench) packages="$common qemu-system-x86 python3-matplotlib" ;;
convert) packages="$common qemu-system-x86 $coccinelle e2fsprogs iproute2
	libssl-dev" ;;
check) packages="$common $lint $clippy" ;;
model) packages="$model gcc libc6-dev ca-certificates" ;;
mutants) packages="$common $model git qemu-system-x86 python3-pyte python3-prometheus-client" ;;
debian) packages=$debian ;;
deb) packages="$debian qemu-system-x86 busybox-static cpio" ;;
esac

# install PACKAGE...: those that aren't there yet
install() {
	local missing=() package state sudo
	for package in "$@"; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$state" = installed ] || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "${DEPS-}" = skip ]; then
		die "missing packages: ${missing[*]}" "apt-get install ${missing[*]}"
	fi
	sudo=()
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null ||
			die "missing packages: ${missing[*]}" "Install them as root, or install sudo."
		sudo=(sudo)
		# Asks for a password now, while it can be seen.
		sudo -v
	fi
	say "Installing ${#missing[@]} packages: ${missing[*]}"
	lock packages
	# Others' archives may be out of reach; what is missing then, the next step says.
	step "Updating the lists of packages" "$cache/logs/apt-update.log" \
		"${sudo[@]}" sh -c 'apt-get -q update || echo "not all of them"'
	step "Installing" "$cache/logs/apt-install.log" "${sudo[@]}" \
		env DEBIAN_FRONTEND=noninteractive \
		apt-get -qy -o DPkg::Lock::Timeout=600 install \
		--no-install-recommends "${missing[@]}"
}

case $target in
lint | check)
	# What needs them is skipped without, and says so.
	[ "${DEPS-}" = skip ] || "$top/scripts/build/prometheus.sh" >/dev/null ||
		say "Going on without Prometheus' tools"
	;;
esac

inline=false
case $target in
lint | model | debian | deb) KERNELS= ;;
esac
for kernel in ${KERNELS-}; do
	# For make mutants: no kernel at all.
	[ "$kernel" != model ] || continue
	arch=$(kernel_arch "${kernel%@*}")
	[ "$arch" != arm64 ] || packages="$packages qemu-system-arm"
	# That installs what it needs where it needs it.
	[[ $kernel != debian* ]] || continue
	if ! is_native "${kernel%@*}"; then
		case $arch in
		arm64) packages="$packages gcc-aarch64-linux-gnu libc6-dev-arm64-cross" ;;
		x86_64) packages="$packages gcc-x86-64-linux-gnu libc6-dev-amd64-cross" ;;
		esac
	fi
	options=$(kernel_options "${kernel%@*}")
	! has_option DEBUG_INFO_BTF || packages="$packages pahole"
	! has_option GENDWARFKSYMS || packages="$packages libdw-dev"
	! has_option RUST_INLINE_HELPERS || inline=true
done
# shellcheck disable=SC2086
install $packages
if $inline; then
	# Which LLVM that is rustc says.
	find_rust && llvm=$(rustc_llvm)
	install "clang-$llvm" "lld-$llvm" "llvm-$llvm" "libclang-$llvm-dev"
fi

# Debian 12's own bindgen is older than the kernel takes.
if [[ $codename = bookworm && $target != lint && $target != model && $target != deb* ]] &&
	[ ! -x "$cache/tools/bin/bindgen" ]; then
	[ "${DEPS-}" != skip ] || die "missing: bindgen $BINDGEN_VERSION in $cache/tools" \
		"cargo install bindgen-cli --version $BINDGEN_VERSION --locked --root $cache/tools"
	lock tools
	if [ ! -x "$cache/tools/bin/bindgen" ]; then
		export CARGO_HOME=$cache/cargo RUSTC=/usr/bin/rustc
		step "Building bindgen $BINDGEN_VERSION" "$cache/logs/bindgen.log" \
			/usr/bin/cargo install bindgen-cli --version "$BINDGEN_VERSION" \
			--locked --root "$cache/tools"
		rm -rf "$CARGO_HOME"
	fi
fi

fetch_crates
