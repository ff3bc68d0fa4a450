// SPDX-License-Identifier: GPL-2.0
#include <linux/memcontrol.h>

#include "helpers.h"

#ifdef CONFIG_MEMCG
/*
 * How many pages the task may charge before some group that it is in is at its limit, be it the
 * one where memory is reclaimed and the task slowed down, or the one where there is no more.
 */
unsigned long rcu_headless_helper_memcg_margin(unsigned long *limit)
{
	unsigned long margin = PAGE_COUNTER_MAX;
	struct mem_cgroup *memcg;

	*limit = PAGE_COUNTER_MAX;
	if (mem_cgroup_disabled())
		return margin;
	rcu_read_lock();
	for (memcg = mem_cgroup_from_task(current); memcg; memcg = parent_mem_cgroup(memcg)) {
		unsigned long max = min(READ_ONCE(memcg->memory.max), READ_ONCE(memcg->memory.high));
		unsigned long usage = page_counter_read(&memcg->memory);

		*limit = min(*limit, max);
		margin = min(margin, max - min(usage, max));
	}
	rcu_read_unlock();
	return margin;
}
#else
unsigned long rcu_headless_helper_memcg_margin(unsigned long *limit)
{
	*limit = ULONG_MAX;
	return ULONG_MAX;
}
#endif
