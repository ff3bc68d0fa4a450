#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/test-deb.sh   (make test-deb)
#
# Installs the packages of make deb in a fresh Debian 13 with headers of backports' kernels, and
# looks at what becomes of them there: kernels that are built for, kernels that are skipped and
# leave apt as it should be, a module of a user that is built against it, the next version,
# removal. Boots Debian's kernels in QEMU with what was built, as they are and with what Secure
# Boot has them refuse. In another fresh Debian it does what README.md says to do without a package.
# Prints KTAP, then one line: N passed, N failed, N skipped. Takes twenty minutes on two CPUs, a
# third of it for the Rust metadata. What was installed there is removed in the end.
#
#   QUICK=1              take the Rust metadata that a run before has made
#   DEPS=skip            install nothing here
#   ACCEL=kvm|tcg        don't find out whether KVM works
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=lib/sources.sh
. "$top/scripts/lib/sources.sh"
help_if_asked "$@"
no_arguments "$@"

"$top/scripts/build/deps.sh" deb
logs=$(log_dir test-deb)
lock test-deb
work=$cache/test-deb
"${sudo[@]}" rm -rf --one-file-system "$work"
mkdir "$work"
cleanup_paths+=("$work")

# The packages, and those of a next version.
version=$(sed -n 's/^MODULE_VERSION("\(.*\)");$/\1/p' "$top/rust/helpers/version.c")
next=$version.1
# copy_to DIR: this project, as someone would clone it
copy_to() {
	mkdir "$1"
	sources | tar -C "$top" -cT - | tar -x -C "$1"
}
copy_to "$work/next"
sed -i "s/^MODULE_VERSION(.*/MODULE_VERSION(\"$next\");/" "$work/next/rust/helpers/version.c"
sed -i "s/^## \[$version\]/## [$next]/" "$work/next/CHANGELOG.md"
export DEB_DIR=$work/packages
"$top/scripts/deb.sh" >"$logs/deb"
"$work/next/scripts/deb.sh" >>"$logs/deb"
rm -r "$work/next"

root=$work/root
"$top/scripts/debian/root.sh" "$root"
cleanup_roots+=("$root")
export DEBIAN_ROOT=$root DEBIAN_PACKAGES=$cache/debian-packages
mkdir -p "$DEBIAN_PACKAGES"

# inside COMMAND...: as root, in the fresh one
inside() {
	"$top/scripts/debian/chroot.sh" --root env DEBIAN_FRONTEND=noninteractive "$@"
}

# apt ARGUMENT...: what it says is kept in $logs/apt, its last run's in $logs/apt.last
apt() {
	local status=0
	say "apt-get $*"
	inside apt-get -qy "$@" >"$logs/apt.last" 2>&1 </dev/null || status=$?
	{
		echo "==> apt-get $*"
		cat "$logs/apt.last"
		echo "==> status $status"
	} >>"$logs/apt"
	return $status
}

nr=0 passed=0 failed=0
# check WHAT COMMAND...: passes if it succeeds
check() {
	local what=$1
	shift
	nr=$((nr + 1))
	echo "==> $nr $what: $*" >>"$logs/checks"
	if "$@" >>"$logs/checks" 2>&1; then
		passed=$((passed + 1))
		echo "ok $nr $what"
	else
		failed=$((failed + 1))
		echo "# $what: $*"
		echo "not ok $nr $what"
	fi
}

# No package is half-configured, and none waits for anything.
# shellcheck disable=SC2016
apt_is_clean() {
	[ -z "$(inside dpkg --audit)" ] && inside apt-get -qy check &&
		! inside dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' | grep -v '^ii '
}
# state KERNEL STATE [VERSION]: what DKMS has of the module
state() {
	inside dkms status -m rcu-headless -v "${3:-$version}" -k "$1" | grep ": $2"
}
sample_state() {
	inside dkms status -m rcu-headless-sample -v 1.0 -k "$1" | grep ": $2"
}
said() {
	grep -F -- "$*" "$logs/apt.last"
}
info() {
	[ "$(inside modinfo -k "$1" -F "$2" "${4:-rcu_headless}")" = "$3" ]
}
signed() {
	inside modinfo -k "$1" -F signer rcu_headless | grep 'DKMS module signing key' &&
		inside modinfo -k "$1" -F sig_id rcu_headless | grep 'PKCS#7'
}
depends_on_it() {
	inside modprobe -S "$1" --show-depends "$2" | grep '/rcu_headless\.ko\(\.xz\)\{0,1\} *$'
}
# Files that no package has put there; what tools leave of every package aside.
strangers() {
	comm -23 <(cd "$root" && "${sudo[@]}" find . -xdev \( -path ./var/lib/dpkg -o -path ./var/lib/apt \
		-o -path ./var/cache/apt -o -path ./var/log -o -path ./tmp -o -path ".$top" -o -path ".$cache" \
		-o -path './usr/lib/modules/*/modules.*' \) -prune -o -print | sed 's/^\.//' | sort) \
		<(inside sh -c 'cat /var/lib/dpkg/info/*.list' | sed 's/^\/lib/\/usr\/lib/' | sort -u)
}
# Making metadata is what takes most of the time.
kept=$cache/test-deb-headers
seed() {
	[ -z "${QUICK-}" ] || [ ! -d "$kept" ] ||
		inside sh -c "mkdir -p /var/cache/rcu-headless/headers &&
			cp -a '$kept'/. /var/cache/rcu-headless/headers/"
}

# newest REGEX: the newest package that is named so
newest() {
	inside apt-cache pkgnames linux-headers- | grep -xE "linux-headers-$1" | sort -V | tail -n 1
}
apt -o APT::Update::Error-Mode=any update || die "apt-get update failed" "See $logs/apt"
# Of what is kept for the next run, what is of no use any more.
apt autoclean || true
first=$(newest '7\.3\.[0-9]+\+deb13-amd64')
# Of another series and another kind.
second=$(newest '7\.2\.[0-9]+\+deb13-cloud-amd64')
without_rust=$(newest '6\.12\.[0-9]+\+deb13-cloud-amd64')
for headers in "$first" "$second" "$without_rust"; do
	[ -n "$headers" ] || die "Debian has lost one of the kinds of kernels that this is about" \
		"See newest in scripts/test-deb.sh"
done
# version_of PACKAGE: the newest that there is
version_of() {
	inside apt-cache policy "$1" | sed -n 's/^  Candidate: //p'
}
one=${first#linux-headers-} two=${second#linux-headers-} three=${without_rust#linux-headers-}
echo "KTAP version 1"

# What the package depends on is not about the package, but the source is to be missing.
depends=$(dpkg-deb -f "$DEB_DIR/rcu-headless-dkms_${version}_all.deb" Depends)
# With a kernel's own modules DKMS does what it does where the kernel is installed.
apt install "$first" "linux-modules-$one" "$without_rust" || die "apt failed" "See $logs/apt"
inside depmod "$one"
apt satisfy "$depends" || die "apt failed" "See $logs/apt"
inside dkms generate_mok >/dev/null
# Otherwise it would go by which kernel runs here.
inside sh -c 'echo autoinstall_all_kernels=yes >/etc/dkms/framework.conf.d/all.conf'
strangers >"$logs/before"

apt install "$DEB_DIR/rcu-headless-dkms_${version}_all.deb" || true
check "it installs where the kernel's source is missing" apt_is_clean
check "the kernel is skipped" state "" added
check "the reason is said" said "the source of this kernel isn't here"
check "the reason is kept" inside grep "the source" "/var/lib/rcu-headless/skipped/$one"
advice="apt-get install linux-source-7.3=$(version_of "$first")"
check "what to do about it is said" said "$advice"
check "autoinstall isn't failed by it" inside dkms autoinstall -k "$one"

seed
# shellcheck disable=SC2086
apt ${advice#apt-get } || true
check "doing that builds and installs it" state "$one" installed
check "apt is as it should be" apt_is_clean
check "the reason is gone" [ ! -e "$root/var/lib/rcu-headless/skipped/$one" ]
check "its version is the package's" info "$one" version "$version"
check "it is signed by DKMS's key" signed "$one"
check "modprobe finds it" depends_on_it "$one" rcu_headless
kept_by_dkms=/var/lib/dkms/rcu-headless/kernel-$one-x86_64/module/Module.symvers
check "its symbols are where users look for them" \
	inside grep -w kvfree_rcu_headless "$kept_by_dkms"
check "its header is there" inside grep kvfree_rcu_headless \
	/usr/share/rcu-headless/include/linux/rcu_headless.h
check "Rust's metadata is there" inside test -f \
	"/var/cache/rcu-headless/kernels/$one/rust/libkernel.rmeta"

# A user's module.
add_sample() {
	inside cp -r /usr/share/doc/rcu-headless-dkms/examples/dkms \
		/usr/src/rcu-headless-sample-1.0 && inside dkms add rcu-headless-sample/1.0
}
check "a user's module is added" add_sample
check "DKMS builds it" inside dkms autoinstall -k "$one"
check "it is loaded after ours" depends_on_it "$one" rcu_headless_sample
no_warnings() {
	local log=$root/var/lib/dkms/rcu-headless-sample/1.0/$one/x86_64/log/make.log
	grep MODPOST "$log" && ! grep -iE 'warning|undefined' "$log"
}
check "without a warning" no_warnings

seed
apt install "$second" "linux-modules-$two" "linux-source-7.2=$(version_of "$second")" || true
check "another kernel's headers have it built" state "$two" installed
check "the user's module is built for that, too" sample_state "$two" installed
check "apt is as it should be" apt_is_clean

apt install --reinstall "$without_rust" || true
check "a kernel without Rust is skipped" said \
	"Autoinstall on $three was skipped for module(s) rcu-headless-sample rcu-headless."
check "its headers are installed" apt_is_clean

# As rustc of backports would: with another one.
unbuild_and_lose_rustc() {
	inside dkms unbuild rcu-headless/"$version" -k "$two" &&
		inside dpkg-divert --local --rename --divert /usr/bin/rustc.away --add /usr/bin/rustc
}
check "(rustc is taken away)" unbuild_and_lose_rustc
apt install --reinstall "$second" || true
check "without the kernel's rustc it is skipped" said "Autoinstall on $two was skipped"
check "the reason is said" said "$two was built with another rustc: rustc 1."
check "apt is as it should be" apt_is_clean
bring_back_rustc() {
	inside dpkg-divert --rename --remove /usr/bin/rustc
}
check "(rustc comes back)" bring_back_rustc
apt install --reinstall rust-src || true
check "with it the kernel is built for" state "$two" installed

apt install "$DEB_DIR/rcu-headless-dkms_${next}_all.deb" || true
check "the next version is installed" apt_is_clean
for kernel in "$one" "$two"; do
	check "it is built for $kernel" state "$kernel" installed "$next"
done
check "modinfo shows that" info "$one" version "$next"
check "of the one before nothing is left" inside test ! -e "/var/lib/dkms/rcu-headless/$version" \
	-a ! -e "/usr/src/rcu-headless-$version"

# What was built, in the kernel that it was built for.
# boot NAME KERNEL WORDS
boot() {
	local dir=$work/boot-$1 status=0
	APPEND=$3 "$top/scripts/vm/boot.sh" debian "$work/$2" "$work/$2/initramfs" run "$dir" 300 ||
		status=1
	cp "$dir/kernel.log" "$logs/kernel-$1.log"
	cp "$dir/results" "$logs/results-$1"
	cat "$dir/end" "$dir/results"
	return $status
}
# prepare_boot KERNEL
prepare_boot() {
	local dir=$work/$1
	mkdir -p "$dir"/{image,build/rootfs/{demo,modules}} &&
		inside sh -c "cd '$dir/image' &&
			apt-get -q download 'linux-binary-$1=$(version_of "linux-headers-$1")' &&
			dpkg-deb -x ./*.deb ." &&
		cp "$dir/image/usr/lib/modules/$1/vmlinuz" "$dir/" &&
		cp "$root/usr/lib/modules/$1"/updates/dkms/*.ko.xz "$dir/build/rootfs/modules/" &&
		xz -d "$dir"/build/rootfs/modules/*.ko.xz &&
		cp "$top/scripts/deb/guest.sh" "$dir/build/rootfs/demo/run.sh" &&
		"$top/scripts/vm/initramfs.sh" debian "$dir/build" "$dir/initramfs"
}
results() {
	grep -F -- "$2" "$logs/results-$1"
}
logged() {
	grep -F -- "$2" "$logs/kernel-$1.log"
}
fine() {
	awk -f "$top/scripts/vm/splats.awk" "$logs/kernel-$1.log"
}
for kernel in "$one" "$two"; do
	check "what it takes to boot $kernel is there" prepare_boot "$kernel"
	check "it boots" boot "$kernel" "$kernel" ""
	check "a user's module works there" results "$kernel" "text: two"
	check "both unload" results "$kernel" "unloaded"
	check "nothing is wrong in the log" fine "$kernel"
done
check "a kernel that enforces signatures boots" boot enforce "$one" module.sig_enforce=1
check "it refuses the key, as documented" results enforce "Key was rejected by service"
check "a kernel that is locked down boots" boot lockdown "$one" lockdown=integrity
check "it refuses the module, as documented" results lockdown "Operation not permitted"
check "the log says that, too" logged lockdown "unsigned module loading is restricted"

check "the tools are installed" apt install --no-install-recommends \
	"$DEB_DIR/rcu-headless-tools_${next}_all.deb"
check "and run" inside sh -c 'find-sites --help && convert-sites --help && rank-sites --help &&
	rcu-headless-stat --help'
apt purge rcu-headless-tools || true

if [ -z "${QUICK-}" ]; then
	rm -rf "$kept"
	cp -a "$root/var/cache/rcu-headless/headers" "$kept"
fi
check "the user's module is removed" inside dkms remove rcu-headless-sample/1.0 --all
inside rm -r /usr/src/rcu-headless-sample-1.0
apt purge rcu-headless-dkms || true
check "it is removed" apt_is_clean
strangers >"$logs/after"
nothing_left() {
	[ -s "$logs/before" ] && [ -s "$logs/after" ] && ! comm -13 "$logs/before" "$logs/after" | grep .
}
check "nothing is left of it" nothing_left

# What README.md says for who wants no package, in a Debian that has nothing else.
export DEBIAN_ROOT=$work/bare
"$top/scripts/debian/root.sh" "$DEBIAN_ROOT"
cleanup_roots+=("$DEBIAN_ROOT")
# standin COMMAND TEXT: what the root, whose kernel is not one of Debian's, has instead of it
standin() {
	printf '#!/bin/sh\n%s\n' "$2" |
		inside sh -c "cat >/usr/local/bin/$1 && chmod +x /usr/local/bin/$1"
}
standin uname "[ \"\$*\" = -r ] || exec /usr/bin/uname \"\$@\"
echo $one"
# shellcheck disable=SC2016
standin sudo 'exec "$@"'
standin modprobe "exec /usr/sbin/modprobe -S $one --show-depends \"\$@\""
# in_readme TEXT: the commands of the first block behind it
in_readme() {
	awk -v text="$1" 'index($0, text) == 1 { here = 1 } /^```$/ { if (inside) exit }
		inside { print } here && /^```sh$/ { inside = 1 }' "$top/README.md"
}
# as_readme COMMANDS: at a terminal, where apt asks before it installs
as_readme() {
	inside env -C "$work/clone" HEADERS_DIR=/var/cache/rcu-headless/headers \
		PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -exc "$1" < <(yes)
}
copy_to "$work/clone"
apt -o APT::Update::Error-Mode=any update || die "apt-get update failed" "See $logs/apt"
seed
by_hand=$(in_readme "Or for the kernel that runs")
with_packages=$(in_readme "### On your Debian machine" | sed '/^make deb/,$d')
check "apt takes what README.md says for DKMS" as_readme "${with_packages//install/-s install}"
check "what it says without a package" as_readme "$by_hand"
check "modprobe finds the module" depends_on_it "$one" rcu_headless

echo "1..$nr"
say "Logs: $logs"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
