// SPDX-License-Identifier: GPL-2.0
/* What debugfs shows while a lot is going on. */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/rcu_headless.h>

#include "fixture.h"

struct busy {
	void **objects;
	size_t nr;
	/* How many of its calls have begun and have returned. */
	size_t begun, returned;
	struct completion done;
};

static int busy_thread(void *arg)
{
	struct busy *busy = arg;
	size_t i;

	for (i = 0; i < busy->nr; i++) {
		WRITE_ONCE(busy->begun, i + 1);
		/* Whoever sees something of the call sees that it has begun. */
		smp_wmb();
		kvfree_rcu_headless(busy->objects[i]);
		/* So slow that a look sees few of them. */
		udelay(1);
		/* Release: after all that the call has done. */
		smp_store_release(&busy->returned, i + 1);
		cond_resched();
	}
	complete(&busy->done);
	return 0;
}

#define BUSY 4

/* How many of the busy are done. */
static size_t nr_done(struct busy *busy)
{
	size_t i, done = 0;

	for (i = 0; i < BUSY; i++)
		done += completion_done(&busy[i].done);
	return done;
}

/* How many of their calls have returned. */
static size_t nr_returned(struct busy *busy)
{
	size_t i, returned = 0;

	for (i = 0; i < BUSY; i++) {
		/* Acquire: what is looked at afterwards is no older. */
		returned += smp_load_acquire(&busy[i].returned);
	}
	return returned;
}

/* How many of their calls have begun. */
static size_t nr_begun(struct busy *busy)
{
	size_t i, begun = 0;

	/* What was looked at before is no younger. */
	smp_rmb();
	for (i = 0; i < BUSY; i++)
		begun += READ_ONCE(busy[i].begun);
	return begun;
}

/* What only grows is never seen to shrink, and no more is freed than queued. */
static void expect_progress(struct kunit *test, const struct counters *last,
			    const struct counters *now)
{
	KUNIT_EXPECT_GE(test, now->queued_slab, last->queued_slab);
	KUNIT_EXPECT_GE(test, now->queued_vmalloc, last->queued_vmalloc);
	KUNIT_EXPECT_GE(test, now->freed_slab, last->freed_slab);
	KUNIT_EXPECT_GE(test, now->freed_vmalloc, last->freed_vmalloc);
	KUNIT_EXPECT_GE(test, now->batches, last->batches);
	KUNIT_EXPECT_GE(test, now->page_from_spares, last->page_from_spares);
	/* A later look at what is queued sees at least what had been freed. */
	KUNIT_EXPECT_GE(test, counters_queued(now), counters_freed(last));
}

static void sums_never_go_backwards(struct kunit *test)
{
	struct counters before, last, now;
	size_t i, returned, done = 0, looks = 0, nr = 8 * PAGEFUL;
	struct busy busy[BUSY] = {};

	for (i = 0; i < BUSY; i++) {
		busy[i].nr = nr;
		busy[i].objects = canaries_new(test, nr, 7);
		init_completion(&busy[i].done);
	}
	rcu_headless_barrier();
	counters_read(test, &before);
	for (i = 0; i < BUSY; i++) {
		struct task_struct *task = kthread_run(busy_thread, &busy[i], "busy/%zu", i);

		/* Nobody else may hold what is queued by then: no way back. */
		if (IS_ERR(task))
			busy_thread(&busy[i]);
	}
	last = before;
	while (done < BUSY) {
		/* Before the look, so that the last one sees everything. */
		done = nr_done(busy);
		returned = nr_returned(busy);
		counters_read(test, &now);
		/* A call that has returned is counted, wherever its pointer is. */
		KUNIT_EXPECT_GE(test, counters_queued(&now) - counters_queued(&before),
				returned);
		KUNIT_EXPECT_LE(test, counters_queued(&now) - counters_queued(&before),
				nr_begun(busy));
		expect_progress(test, &last, &now);
		last = now;
		looks++;
		cond_resched();
	}
	KUNIT_EXPECT_GT(test, looks, 1);
	KUNIT_EXPECT_EQ(test, counters_queued(&now) - counters_queued(&before), BUSY * nr);
	rcu_headless_barrier();
	counters_read(test, &now);
	KUNIT_EXPECT_EQ(test, counters_freed(&now) - counters_freed(&before), BUSY * nr);
	KUNIT_EXPECT_EQ(test, now.pending, 0);
}

static struct kunit_case observe_cases[] = {
	KUNIT_CASE_SLOW(sums_never_go_backwards),
	{}
};

static struct kunit_suite observe_suite = {
	.name = "rcu_headless_observe",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = observe_cases,
};

kunit_test_suite(observe_suite);
