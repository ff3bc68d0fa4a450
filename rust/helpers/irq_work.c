// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/irq_work.h>
#include <linux/smp.h>

#include "helpers.h"

void rcu_headless_helper_init_irq_work(struct irq_work *work, void (*func)(struct irq_work *work))
{
	*work = IRQ_WORK_INIT_HARD(func);
}

bool rcu_headless_helper_takes_interrupts(void)
{
	return cpu_online(raw_smp_processor_id()) || !cpu_dying(raw_smp_processor_id());
}
