/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Marks tasks whose allocations are to fail, as often as the kernel's fault
 * injection is told in debugfs.
 */
#ifndef _RCU_HEADLESS_TEST_FAILING_H
#define _RCU_HEADLESS_TEST_FAILING_H

#include <linux/compiler.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

static inline void set_failing(struct task_struct *task, bool on)
{
#ifdef CONFIG_FAULT_INJECTION
	/* A task reads its own by a plain load, and may see either value. */
	data_race(task->make_it_fail = on);
#endif
}

/* Workers that there are: one that is made later knows nothing of it. */
static inline void set_workers_failing(bool on)
{
	struct task_struct *task;

	rcu_read_lock();
	for_each_process(task)
		/* Each task changes its own flags, but not whether it is a worker. */
		if (data_race(task->flags) & PF_WQ_WORKER)
			set_failing(task, on);
	rcu_read_unlock();
}

#endif /* _RCU_HEADLESS_TEST_FAILING_H */
