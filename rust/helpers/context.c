// SPDX-License-Identifier: GPL-2.0
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>

#include "helpers.h"

bool rcu_headless_helper_in_nmi(void)
{
	return in_nmi();
}

bool rcu_headless_helper_in_atomic(void)
{
	return preempt_count() || irqs_disabled();
}

bool rcu_headless_helper_may_block(void)
{
	return !preempt_count() && !irqs_disabled() && !rcu_preempt_depth();
}

void rcu_headless_helper_preempt_disable(void)
{
	preempt_disable();
}

void rcu_headless_helper_preempt_enable(void)
{
	preempt_enable();
}
