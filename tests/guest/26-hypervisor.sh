#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kernels: arm64*
# machine: virtualization=on
# cpu: neoverse-n1
#
# The same on a machine that lets the kernel be a hypervisor, as most that aren't virtual do. It
# then finds its CPUs' data by another register, which is patched into the module. And on a CPU of
# servers, which has 48 bits of addresses where the kernel could use 52, and signs no pointers.

if ! dmesg | grep -q 'detected: Virtualization Host Extensions'; then
	echo "Bail out! The kernel isn't a hypervisor"
	exit 1
fi
# shellcheck source=lib/kunit.sh
. /tests/lib/kunit.sh
