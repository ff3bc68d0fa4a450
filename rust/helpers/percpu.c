// SPDX-License-Identifier: GPL-2.0
#include <linux/percpu.h>
#include <linux/preempt.h>

#include "helpers.h"

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

void *rcu_headless_helper_get_cpu_ptr(void *base)
{
	return get_cpu_ptr(to_percpu(base));
}

void rcu_headless_helper_put_cpu(void)
{
	preempt_enable();
}

void rcu_headless_helper_preempt_disable(void)
{
	preempt_disable();
}
