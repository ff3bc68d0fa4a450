// SPDX-License-Identifier: GPL-2.0
#include <linux/percpu.h>

#include "helpers.h"

/* What the fast path looks at and changes (page/lane.rs). */
DEFINE_PER_CPU_ALIGNED(struct rcu_headless_lanes, rcu_headless_lanes);

/* Rust has no __percpu: such a pointer travels there as an ordinary one. */
#define to_percpu(base) ((void __percpu __force *)(unsigned long)(base))

void *rcu_headless_helper_alloc_percpu(size_t size, size_t align)
{
	return (void __force *)(unsigned long)__alloc_percpu(size, align);
}

void *rcu_headless_helper_per_cpu_ptr(void *base, unsigned int cpu)
{
	return per_cpu_ptr(to_percpu(base), cpu);
}

struct rcu_headless_lanes *rcu_headless_helper_lanes_of(unsigned int cpu)
{
	return per_cpu_ptr(&rcu_headless_lanes, cpu);
}

void *rcu_headless_helper_this_cpu_ptr(void *base)
{
	return raw_cpu_ptr(to_percpu(base));
}
