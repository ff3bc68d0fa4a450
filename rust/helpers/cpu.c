// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/sched/isolation.h>
#include <linux/topology.h>

#include "helpers.h"

bool rcu_headless_helper_cpu_possible(unsigned int cpu)
{
	return cpu_possible(cpu);
}

int rcu_headless_helper_cpu_to_node(unsigned int cpu)
{
	return cpu_to_node(cpu);
}

bool rcu_headless_helper_is_housekeeping_cpu(unsigned int cpu)
{
	return housekeeping_cpu(cpu, HK_TYPE_DOMAIN) && housekeeping_cpu(cpu, HK_TYPE_KERNEL_NOISE);
}
