#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: x86_64 x86_64-isolated
#
# As 34-isolated, for a CPU that is isolated while the system runs, by a partition of
# cpusets.
#
# The functions are called by name.
# shellcheck disable=SC2317

# shellcheck source=lib/isolated.sh
. /tests/lib/isolated.sh

cgroups=/sys/fs/cgroup

# The module is loaded before: what it knows of isolation isn't what it was then.
ktap_cpus 4 "a CPU isolated by a cpuset"
ktap_start 9
isolated_begin
mount -t cgroup2 none $cgroups
ktap_need put +cpuset $cgroups/cgroup.subtree_control
ktap_need mkdir $cgroups/alone
ktap_need put 3 $cgroups/alone/cpuset.cpus
ktap_need put isolated $cgroups/alone/cpuset.cpus.partition
ktap_check "cpuset: CPU 3 is isolated" is "$(cat $cgroups/alone/cpuset.cpus.partition)" isolated
isolated_cgroup=$cgroups/alone/cgroup.procs
isolated_checks "cpuset"
isolated_end
put member $cgroups/alone/cpuset.cpus.partition
rmdir $cgroups/alone
put -cpuset $cgroups/cgroup.subtree_control
umount $cgroups
ktap_end
