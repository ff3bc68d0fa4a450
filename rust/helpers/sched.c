// SPDX-License-Identifier: GPL-2.0
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "helpers.h"

void rcu_headless_helper_cond_resched(void)
{
	cond_resched_tasks_rcu_qs();
}
