// SPDX-License-Identifier: GPL-2.0
#include <linux/memcontrol.h>

#include "helpers.h"

#ifdef CONFIG_MEMCG
/*
 * The least limit in pages, ULONG_MAX if there is none, of the groups that the task is in, or of
 * those of them that have used more than half of theirs: where memory is reclaimed and the task
 * slowed down, or where there is no more.
 */
unsigned long rcu_headless_helper_memcg_limit(bool half_used)
{
	unsigned long least = ULONG_MAX;
	struct mem_cgroup *memcg;

	if (mem_cgroup_disabled())
		return least;
	rcu_read_lock();
	for (memcg = mem_cgroup_from_task(current); memcg; memcg = parent_mem_cgroup(memcg)) {
		unsigned long max = READ_ONCE(memcg->memory.max);
		unsigned long limit = min(max, READ_ONCE(memcg->memory.high));

		if (!half_used || page_counter_read(&memcg->memory) > limit / 2)
			least = min(least, limit);
	}
	rcu_read_unlock();
	return least;
}
#else
unsigned long rcu_headless_helper_memcg_limit(bool half_used)
{
	return ULONG_MAX;
}
#endif
