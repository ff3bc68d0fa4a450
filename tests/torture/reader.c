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
#include <linux/slab.h>
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

/* An object that a reader has, and how it was found. */
struct held {
	const void *object;
	struct torture_seen seen;
};

static void freed_too_early(void)
{
	torture_count(TORTURE_ERRORS, 1);
	pr_err_ratelimited("rcu_headless: torture: a reader's object was freed before its grace period\n");
}

/* Takes the object of some slot, if there is one in it. */
static void take(struct held *held, struct rnd_state *rnd)
{
	held->object = rcu_dereference(torture_slots[torture_below(rnd, TORTURE_SLOTS)]);
	if (held->object && !torture_object_look(held->object, &held->seen)) {
		freed_too_early();
		held->object = NULL;
	}
}

static void look_again(const struct held *held)
{
	if (held->object && !torture_object_same(held->object, &held->seen))
		freed_too_early();
}

void torture_read_once(struct rnd_state *rnd, u32 max_us)
{
	struct held held;

	rcu_read_lock();
	take(&held, rnd);
	hold_a_while(rnd, max_us);
	look_again(&held);
	rcu_read_unlock();
	torture_count(TORTURE_READS, 1);
}

/* As many as a reader has at a time when it has them for long. */
#define MANY 64

struct reader {
	struct rnd_state rnd;
	struct held held[MANY];
};

static void read_some(struct reader *reader, u32 nr, u32 max_us)
{
	u32 i;

	rcu_read_lock();
	for (i = 0; i < nr; i++)
		take(&reader->held[i], &reader->rnd);
	hold(&reader->rnd, max_us);
	for (i = 0; i < nr; i++)
		look_again(&reader->held[i]);
	rcu_read_unlock();
	torture_count(TORTURE_READS, nr);
}

int torture_reader(void *thread)
{
	struct reader *reader = kzalloc(sizeof(*reader), GFP_KERNEL | __GFP_NOFAIL);
	struct rnd_state *rnd = &reader->rnd;

	torture_seed(rnd, thread);
	while (torture_go_on("torture_reader")) {
		/*
		 * For long now and then, so that a grace period has to wait, and a
		 * lot at once, so that it is seen if it doesn't.
		 */
		bool many = !torture_below(rnd, 300);
		u32 nested = 1 + torture_below(rnd, 3);

		rcu_read_lock();
		while (nested--)
			read_some(reader, many ? MANY : 1, many ? 20000 : 50);
		rcu_read_unlock();
		/* Writers, and those who free, want the CPU too. */
		if (!torture_below(rnd, 256))
			schedule_timeout_interruptible(1);
		cond_resched();
	}
	kfree(reader);
	torture_kthread_stopping("torture_reader");
	return 0;
}
