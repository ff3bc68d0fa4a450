// SPDX-License-Identifier: GPL-2.0
/* Where a page for pointers comes from, each source on its own. */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "faults.h"
#include "fixture.h"

/* As many pages' worth as no CPU has at hand. */
#define MANY_PAGES 40

static void queue_all(void **objects, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		kvfree_rcu_headless(objects[i]);
}

/* A page at hand is taken before anything is allocated. */
static void spare_comes_first(struct kunit *test)
{
	void **objects = canaries_new(test, 1, 8);
	struct counters before, after;

	stay_on_one_cpu(test);
	rcu_headless_barrier();
	counters_read(test, &before);
	queue_all(objects, 1);
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, after.page_from_spares, before.page_from_spares + 1);
	KUNIT_EXPECT_EQ(test, after.page_from_allocator, before.page_from_allocator);
	KUNIT_EXPECT_EQ(test, after.page_from_elapsed, before.page_from_elapsed);
	KUNIT_EXPECT_EQ(test, after.fallbacks, before.fallbacks);
	rcu_headless_barrier();
}

/*
 * With memory, nobody waits: when a reader keeps all pages from being emptied,
 * more of them are allocated.
 */
static void allocator_comes_next(struct kunit *test)
{
	struct queuer queuer = { .nr = MANY_PAGES * PAGEFUL };
	struct canary_reader reader = { .nr = queuer.nr };
	unsigned int cpu = stay_off_one_cpu(test);
	struct counters before, during, after;
	bool done, held;

	needs_shortage(test);
	queuer.objects = canaries_new(test, queuer.nr, 8);
	reader.objects = queuer.objects;
	init_completion(&queuer.done);
	rcu_headless_barrier();
	/* The worker that would refill the spares gets nothing, the caller does. */
	shortage_for_workers(test);
	counters_read(test, &before);
	start_under_reader(test, queuer_thread, &queuer, &reader, cpu);
	/* One that waits would wait for the reader. */
	done = wait_until(completion_done(&queuer.done));
	counters_read(test, &during);
	held = shortage_held(test);
	canary_reader_stop(&reader);
	wait_for_completion(&queuer.done);
	rcu_headless_barrier();
	counters_read(test, &after);

	KUNIT_EXPECT_TRUE(test, done);
	KUNIT_EXPECT_EQ(test, reader.nr_lost, 0);
	KUNIT_EXPECT_GT(test, during.page_from_allocator, before.page_from_allocator);
	/* All that were opened are in use or sealed, and came from somewhere. */
	if (held)
		KUNIT_EXPECT_EQ(test, during.page_from_allocator - before.page_from_allocator,
				during.pages_allocated - before.pages_allocated);
	KUNIT_EXPECT_EQ(test, during.page_from_allocator - before.page_from_allocator +
			during.page_from_spares - before.page_from_spares,
			during.pages_in_use);
	KUNIT_EXPECT_EQ(test, during.fallbacks, before.fallbacks);
	KUNIT_EXPECT_EQ(test, canary_count_alive(queuer.objects, queuer.nr), 0);
	KUNIT_EXPECT_EQ(test, after.pages_spare, after.pages_allocated);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

/*
 * Without memory, a page whose grace period is over is emptied by the caller,
 * who doesn't wait. The drain, which would be first otherwise, is kept off the
 * CPU meanwhile; when it gets through nevertheless, that's another try.
 */
static bool takes_elapsed_page(struct kunit *test)
{
	size_t i, nr = 8 * PAGEFUL;
	void **objects = canaries_new(test, nr, 8);
	unsigned long end = jiffies + EVENT_TIMEOUT;
	struct counters before, after;
	struct rcu_gp_seq sealed;

	rcu_headless_barrier();
	counters_read(test, &before);
	shortage_here(true);
	sched_set_fifo(current);
	/* All pages but the last few pointers are full. */
	for (i = 0; i < nr; i++) {
		if (i % 32 == 0)
			shortage_breathe();
		/*
		 * Long enough for what has been sealed so far, on other CPUs. Asked
		 * for, since the drain that would ask for one has no chance to.
		 */
		if (i % PAGEFUL == 0) {
			start_poll_synchronize_rcu_full(&sealed);
			while (!poll_state_synchronize_rcu_full(&sealed) &&
			       time_before(jiffies, end))
				cpu_relax();
		}
		kvfree_rcu_headless(objects[i]);
	}
	sched_set_normal(current, 0);
	shortage_here(false);
	counters_read(test, &after);
	rcu_headless_barrier();
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, nr), 0);
	return after.page_from_elapsed > before.page_from_elapsed;
}

static void elapsed_page_comes_then(struct kunit *test)
{
	unsigned long end = jiffies + EVENT_TIMEOUT;
	bool taken = false;

	needs_shortage(test);
	/* On PREEMPT_RT it is a thread that reports for a CPU that is busy. */
	if (!IS_ENABLED(CONFIG_PREEMPT_RCU) || IS_ENABLED(CONFIG_PREEMPT_RT))
		kunit_skip(test, "needs grace periods that don't need this CPU");
	stay_off_one_cpu(test);
	shortage_for_workers(test);
	/* On a busy host the drain, which runs on other CPUs, may be first many times. */
	while (!taken && time_before(jiffies, end))
		taken = takes_elapsed_page(test);
	KUNIT_EXPECT_TRUE(test, taken);
}

static struct kunit_case tiers_cases[] = {
	KUNIT_CASE(spare_comes_first),
	KUNIT_CASE_SLOW(allocator_comes_next),
	KUNIT_CASE_SLOW(elapsed_page_comes_then),
	{}
};

static struct kunit_suite tiers_suite = {
	.name = "rcu_headless_tiers",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = tiers_cases,
};

kunit_test_suite(tiers_suite);
