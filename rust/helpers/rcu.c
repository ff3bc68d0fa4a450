// SPDX-License-Identifier: GPL-2.0
#include <linux/rcupdate.h>

#include "helpers.h"

void rcu_headless_helper_call_rcu_hurry(struct callback_head *head,
					void (*func)(struct callback_head *head))
{
	call_rcu_hurry(head, func);
}
