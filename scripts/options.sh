#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# usage: scripts/options.sh   (make options)
#
# Runs what depends on how a kernel is configured, on kernels that make test leaves out: the
# suites and unloading with all that distributions build with, with ThinLTO and C's helpers
# in line in Rust, without SMP, and with tags in pointers; 32 CPUs, and the longest section
# with preemption off. Prints what make test does.
#
#   KERNELS=...  which kernels (default: x86_64-strict x86_64-lto um-tiny x86_64-isolated
#                arm64-tags)
#   DEPS=skip    install nothing
#   JOBS=n       how many compilers to run at once
#   ACCEL=...    kvm or tcg instead of finding out
set -euo pipefail
# shellcheck source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
help_if_asked "$@"
no_arguments "$@"

export KERNELS=${KERNELS:-x86_64-strict x86_64-lto um-tiny x86_64-isolated arm64-tags}
export TESTS="10-kunit 20-unload 38-scale-32 39-sections"
exec "$top/scripts/test.sh"
