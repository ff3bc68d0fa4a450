// SPDX-License-Identifier: GPL-2.0
/*
 * Marks tasks whose allocations are to fail, as often as the kernel's fault
 * injection is told in debugfs.
 */
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "torture.h"

static void set_failing(struct task_struct *task, bool on)
{
#ifdef CONFIG_FAULT_INJECTION
	task->make_it_fail = on;
#endif
}

void torture_faults_here(bool on)
{
	set_failing(current, on);
}

/* New workers come at any time: to be said again and again. */
void torture_faults_for_workers(bool on)
{
	struct task_struct *task;

	rcu_read_lock();
	for_each_process(task)
		if (task->flags & PF_WQ_WORKER)
			set_failing(task, on);
	rcu_read_unlock();
}
