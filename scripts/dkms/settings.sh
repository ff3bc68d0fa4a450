# SPDX-License-Identifier: GPL-2.0
#
# For the scripts that DKMS runs, and those of the package: where things are kept. They may be
# run from within apt, so nothing is downloaded.
# shellcheck shell=bash disable=SC2034

# What is set where apt or DKMS is run is for other programs.
[ -n "${RCU_HEADLESS_DKMS-}" ] ||
	exec env -i RCU_HEADLESS_DKMS=1 PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
		${TMPDIR:+TMPDIR="$TMPDIR"} "$0" "$@"
umask 022
export XDG_CACHE_HOME=/var/cache DEPS=skip

# A file for each kernel that was skipped, which says why.
skipped=/var/lib/rcu-headless/skipped
# One for each that was built for, until other modules had another chance.
built=/var/lib/rcu-headless/built
# A link for each kernel, to what modules in Rust are built against.
kernels=/var/cache/rcu-headless/kernels
