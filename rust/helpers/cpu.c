// SPDX-License-Identifier: GPL-2.0
#include <linux/cpu.h>
#include <linux/cpumask.h>

#include "helpers.h"

void rcu_headless_helper_cpus_read_lock(void)
{
	cpus_read_lock();
}

void rcu_headless_helper_cpus_read_unlock(void)
{
	cpus_read_unlock();
}

bool rcu_headless_helper_cpu_possible(unsigned int cpu)
{
	return cpu_possible(cpu);
}

bool rcu_headless_helper_cpu_online(unsigned int cpu)
{
	return cpu_online(cpu);
}
