// SPDX-License-Identifier: GPL-2.0
/*
 * Readers: each takes an object under RCU, holds it for a while in some way, and
 * looks whether it is what it was.
 */
#include <linux/bottom_half.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/torture.h>

#include "torture.h"

/* On PREEMPT_RT a reader that waits for this sleeps. */
static DEFINE_SPINLOCK(contended);

static void hold_a_while(struct rnd_state *rnd, u32 max_us)
{
	udelay(torture_below(rnd, max_us + 1));
}

/* Where preemption, interrupts or other tasks may come in between, or may not. */
static void hold(struct rnd_state *rnd, u32 max_us)
{
	unsigned long flags;

	switch (torture_below(rnd, 8)) {
	case 0:
		break;
	case 1:
		local_irq_save(flags);
		hold_a_while(rnd, max_us);
		local_irq_restore(flags);
		break;
	case 2:
		local_bh_disable();
		hold_a_while(rnd, max_us);
		local_bh_enable();
		break;
	case 3:
		spin_lock(&contended);
		hold_a_while(rnd, max_us);
		spin_unlock(&contended);
		break;
	case 4:
		if (IS_ENABLED(CONFIG_PREEMPT_RCU))
			torture_preempt_schedule();
		break;
	default:
		hold_a_while(rnd, max_us);
	}
}

static void read_object(struct rnd_state *rnd, u32 max_us, bool task)
{
	const void *object;
	struct torture_seen seen;

	object = rcu_dereference(torture_slots[torture_below(rnd, TORTURE_SLOTS)]);
	if (!object)
		return;
	if (torture_object_look(object, &seen)) {
		if (task)
			hold(rnd, max_us);
		else
			hold_a_while(rnd, max_us);
		if (torture_object_same(object, &seen))
			return;
	}
	torture_count(TORTURE_ERRORS, 1);
	pr_err_ratelimited("rcu_headless: torture: a reader's object was freed before its grace period\n");
}

void torture_read_once(struct rnd_state *rnd, u32 max_us)
{
	rcu_read_lock();
	read_object(rnd, max_us, false);
	rcu_read_unlock();
	torture_count(TORTURE_READS, 1);
}

int torture_reader(void *thread)
{
	struct rnd_state rnd;

	torture_seed(&rnd, thread);
	while (torture_go_on("torture_reader")) {
		/* Now and then a grace period has to wait for long. */
		u32 max_us = torture_below(&rnd, 1000) ? 50 : 5000;
		u32 i, nested = 1 + torture_below(&rnd, 3);

		rcu_read_lock();
		for (i = 0; i < nested; i++) {
			rcu_read_lock();
			read_object(&rnd, max_us, true);
			rcu_read_unlock();
		}
		rcu_read_unlock();
		torture_count(TORTURE_READS, nested);
		/* Writers, and those who free, want the CPU too. */
		if (!torture_below(&rnd, 256))
			schedule_timeout_interruptible(1);
		cond_resched();
	}
	torture_kthread_stopping("torture_reader");
	return 0;
}
