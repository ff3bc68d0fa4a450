# SPDX-License-Identifier: GPL-2.0
#
# For the scripts that DKMS runs, and those of the package: where things are kept. They may be
# run from within apt, so nothing is downloaded.
# shellcheck shell=bash disable=SC2034

export XDG_CACHE_HOME=/var/cache DEPS=skip
# Of who has run apt, for other programs.
unset HEADERS_DIR JOBS RUSTC BINDGEN CROSS_COMPILE

# A file for each kernel that was skipped, which says why.
skipped=/var/lib/rcu-headless/skipped
# One for each that was built for, until other modules had another chance.
built=/var/lib/rcu-headless/built
# A link for each kernel, to what modules in Rust are built against.
kernels=/var/cache/rcu-headless/kernels
