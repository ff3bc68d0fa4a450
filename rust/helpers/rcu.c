// SPDX-License-Identifier: GPL-2.0
#include <linux/rcupdate.h>

#include "helpers.h"

/* Functions of the kernel, or inline ones, by its configuration (TINY_RCU, RCU_LAZY). */

void rcu_headless_helper_call_rcu_hurry(struct callback_head *head,
					void (*func)(struct callback_head *head))
{
	call_rcu_hurry(head, func);
}

/* Of a struct whose name depends on the kernel's version. */
void rcu_headless_helper_get_state_synchronize_rcu_full(void *seq)
{
	get_state_synchronize_rcu_full(seq);
}

bool rcu_headless_helper_poll_state_synchronize_rcu_full(void *seq)
{
	return poll_state_synchronize_rcu_full(seq);
}

void rcu_headless_helper_synchronize_rcu_expedited(void)
{
	synchronize_rcu_expedited();
}
