// SPDX-License-Identifier: GPL-2.0
/*
 * Writers in tasks: each replaces objects that readers may have, and retires the
 * old ones by any of the calls. One more waits for them all, over and over.
 */
#include <linux/bottom_half.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/rcu_headless.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/torture.h>

#include "torture.h"

/* As many objects as a writer hands over before it lets those who free catch up. */
#define BURST_MAX 1500
#define BULK_MAX 128
#define RESERVED_MAX 16

struct writer {
	struct rnd_state rnd;
	struct rcu_headless_reserve reserve;
	size_t nr_bulk;
	void *bulk[BULK_MAX];
};

void *torture_replace(struct rnd_state *rnd, void *object)
{
	u32 slot = torture_below(rnd, TORTURE_SLOTS);

	/* Unordered but for what xchg() itself does: it is whole before it is found. */
	return (__force void *)xchg(&torture_slots[slot],
				    (__force void __rcu *)object);
}

static void retire_bulk(struct writer *w)
{
	kvfree_rcu_headless_bulk(w->nr_bulk, w->bulk);
	w->nr_bulk = 0;
}

/* Under what a caller might have turned off. */
static bool try_atomically(struct writer *w, void *object)
{
	unsigned long flags;
	bool taken;

	switch (torture_below(&w->rnd, 4)) {
	case 0:
		local_irq_save(flags);
		taken = kvfree_rcu_headless_try(object);
		local_irq_restore(flags);
		break;
	case 1:
		local_bh_disable();
		taken = kvfree_rcu_headless_try(object);
		local_bh_enable();
		break;
	case 2:
		rcu_read_lock();
		taken = kvfree_rcu_headless_try(object);
		rcu_read_unlock();
		break;
	default:
		taken = kvfree_rcu_headless_try(object);
	}
	return taken;
}

static void retire_reserved(struct writer *w, void *object)
{
	/* With no memory for a reserve the object still has to go. */
	if (rcu_headless_reserve(&w->reserve, 1 + torture_below(&w->rnd, RESERVED_MAX),
				 GFP_KERNEL | __GFP_NOWARN)) {
		kvfree_rcu_headless(object);
		return;
	}
	preempt_disable();
	kvfree_rcu_headless_reserved(&w->reserve, object);
	preempt_enable();
	if (!torture_below(&w->rnd, 64))
		rcu_headless_unreserve(&w->reserve);
}

static void retire(struct writer *w, void *object)
{
	switch (torture_below(&w->rnd, 8)) {
	case 0:
		if (is_vmalloc_addr(object))
			kvfree_rcu_headless(object);
		else
			kfree_rcu_headless(object);
		break;
	case 1:
	case 2:
		if (!try_atomically(w, object)) {
			torture_count(TORTURE_REFUSED, 1);
			kvfree_rcu_headless(object);
		}
		break;
	case 3:
		retire_reserved(w, object);
		break;
	case 4:
	case 5:
		w->bulk[w->nr_bulk++] = object;
		if (w->nr_bulk == BULK_MAX || !torture_below(&w->rnd, 16))
			retire_bulk(w);
		break;
	default:
		kvfree_rcu_headless(object);
	}
}

static void burst(struct writer *w)
{
	u32 i, nr = torture_below(&w->rnd, BURST_MAX);

	for (i = 0; i < nr && !torture_must_stop(); i++) {
		void *object = torture_object_new(&w->rnd);

		if (object)
			retire(w, torture_replace(&w->rnd, object));
		cond_resched();
	}
}

int torture_writer(void *thread)
{
	struct writer *w = kzalloc(sizeof(*w), GFP_KERNEL | __GFP_NOFAIL);

	torture_seed(&w->rnd, thread);
	while (torture_go_on("torture_writer")) {
		burst(w);
		schedule_timeout_interruptible(1 + torture_below(&w->rnd, 3));
	}
	retire_bulk(w);
	rcu_headless_unreserve(&w->reserve);
	kfree(w);
	torture_kthread_stopping("torture_writer");
	return 0;
}

int torture_waiter(void *thread)
{
	struct rnd_state rnd;

	torture_seed(&rnd, thread);
	while (torture_go_on("torture_waiter")) {
		rcu_headless_barrier();
		torture_count(TORTURE_BARRIERS, 1);
		schedule_timeout_interruptible(torture_below(&rnd, HZ / 5));
	}
	torture_kthread_stopping("torture_waiter");
	return 0;
}
