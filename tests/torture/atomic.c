// SPDX-License-Identifier: GPL-2.0
/*
 * Writers in interrupts. A task makes the objects and sees to the room; the
 * interrupt replaces others by them and retires those. It reads as well.
 */
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/rcu_headless.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/torture.h>

#include "torture.h"

/* Mostly less than a CPU has room for, now and then more. */
#define FEW 48
#define LOT 640

/* A task and its interrupt, which have this in turns. */
struct pair {
	struct rnd_state rnd;
	struct rcu_headless_reserve reserve;
	/* New objects; afterwards those that weren't taken. */
	void *objects[LOT];
	size_t nr, nr_reserved;
	struct completion done;
	struct hrtimer hard;
	struct timer_list soft;
};

/* In the interrupt. */
static void retire_lot(struct pair *pair)
{
	size_t i, refused = 0;

	for (i = 0; i < pair->nr; i++) {
		void *old = torture_replace(&pair->rnd, pair->objects[i]);

		torture_read_once(&pair->rnd, 5);
		if (i < pair->nr_reserved) {
			kvfree_rcu_headless_reserved(&pair->reserve, old);
		} else if (!kvfree_rcu_headless_try(old)) {
			torture_count(TORTURE_REFUSED, 1);
			pair->objects[refused++] = old;
		}
	}
	pair->nr = refused;
	complete(&pair->done);
}

static enum hrtimer_restart hard_fired(struct hrtimer *timer)
{
	retire_lot(container_of(timer, struct pair, hard));
	return HRTIMER_NORESTART;
}

static void soft_fired(struct timer_list *timer)
{
	retire_lot(container_of(timer, struct pair, soft));
}

/* As many new objects as there is memory for, and room to retire some for sure. */
static void prepare_lot(struct pair *pair)
{
	u32 i, nr = torture_below(&pair->rnd, 32) ? torture_below(&pair->rnd, FEW + 1) : LOT;

	pair->nr = 0;
	for (i = 0; i < nr; i++) {
		pair->objects[pair->nr] = torture_object_new(&pair->rnd);
		pair->nr += !!pair->objects[pair->nr];
	}
	pair->nr_reserved = torture_below(&pair->rnd, FEW + 1);
	if (rcu_headless_reserve(&pair->reserve, pair->nr_reserved,
				 GFP_KERNEL | __GFP_NOWARN))
		pair->nr_reserved = 0;
}

static void finish_lot(struct pair *pair)
{
	size_t i;

	wait_for_completion(&pair->done);
	for (i = 0; i < pair->nr; i++)
		kvfree_rcu_headless(pair->objects[i]);
}

static struct pair *pair_new(void *thread)
{
	struct pair *pair = kzalloc(sizeof(*pair), GFP_KERNEL | __GFP_NOFAIL);

	torture_seed(&pair->rnd, thread);
	init_completion(&pair->done);
	return pair;
}

static void pair_free(struct pair *pair)
{
	rcu_headless_unreserve(&pair->reserve);
	kfree(pair);
}

int torture_hardirq_writer(void *thread)
{
	struct pair *pair = pair_new(thread);

	hrtimer_setup(&pair->hard, hard_fired, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	while (torture_go_on("torture_hardirq_writer")) {
		prepare_lot(pair);
		hrtimer_start(&pair->hard, us_to_ktime(torture_below(&pair->rnd, 2000)),
			      HRTIMER_MODE_REL_HARD);
		finish_lot(pair);
	}
	hrtimer_cancel(&pair->hard);
	pair_free(pair);
	torture_kthread_stopping("torture_hardirq_writer");
	return 0;
}

int torture_softirq_writer(void *thread)
{
	struct pair *pair = pair_new(thread);

	timer_setup(&pair->soft, soft_fired, 0);
	while (torture_go_on("torture_softirq_writer")) {
		prepare_lot(pair);
		mod_timer(&pair->soft, jiffies + torture_below(&pair->rnd, 2));
		finish_lot(pair);
	}
	timer_shutdown_sync(&pair->soft);
	pair_free(pair);
	torture_kthread_stopping("torture_softirq_writer");
	return 0;
}
