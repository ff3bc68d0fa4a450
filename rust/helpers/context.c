// SPDX-License-Identifier: GPL-2.0
#include <linux/build_bug.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>

#include "helpers.h"

#ifdef CONFIG_HAS_SEPARATE_PREEMPT_RESCHED_BITS
static_assert(RCU_HEADLESS_NMI_MASK == NMI_MASK);
#endif

bool rcu_headless_helper_in_nmi(void)
{
	return in_nmi();
}

bool rcu_headless_helper_in_atomic(void)
{
	return preempt_count() || irqs_disabled();
}

bool rcu_headless_helper_irqs_disabled(void)
{
	return irqs_disabled();
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
