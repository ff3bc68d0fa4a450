// SPDX-License-Identifier: GPL-2.0
#include <linux/workqueue.h>

#include "helpers.h"

void rcu_headless_helper_init_delayed_work(struct delayed_work *dwork,
					   void (*func)(struct work_struct *work))
{
	INIT_DELAYED_WORK(dwork, func);
}
