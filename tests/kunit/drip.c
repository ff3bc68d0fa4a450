// SPDX-License-Identifier: GPL-2.0
/* Little to free at a time, and no memory: it goes on, and nobody waits. */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/rcu_headless.h>
#include <linux/sched.h>

#include "faults.h"
#include "fixture.h"

struct drip {
	void **objects;
	size_t nr;
	/* Of 8 objects so many are of slab; one of vmalloc may come last. */
	unsigned int slab_of_8;
	void *last;
	/* As fast as what came before is freed, instead of slowly. */
	bool follows;
	struct completion done;
};

/* The pace, which no verdict hangs on: over many times drain_delay_ms. */
static void drip_pace(const struct drip *drip, size_t nr)
{
	if (!drip->follows)
		schedule_timeout_uninterruptible(HZ / 5);
	else if (nr >= 2 * BREATH)
		wait_until(!canary_count_alive(drip->objects + nr - 2 * BREATH, BREATH));
}

/* A few objects of each kind at a time. */
static int drip_thread(void *arg)
{
	struct drip *drip = arg;
	size_t i;

	shortage_here(true);
	for (i = 0; i < drip->nr; i++) {
		if (i % BREATH == 0) {
			shortage_breathe();
			drip_pace(drip, i);
		}
		kvfree_rcu_headless(drip->objects[i]);
	}
	kvfree_rcu_headless(drip->last);
	shortage_here(false);
	complete(&drip->done);
	return 0;
}

/* Makes objects for a thread to drip, and then there is no memory any more. */
static void drip_init(struct kunit *test, struct drip *drip, struct counters *before)
{
	drip->objects = canaries_new(test, drip->nr, drip->slab_of_8);
	init_completion(&drip->done);
	rcu_headless_barrier();
	shortage_for_workers(test);
	counters_read(test, before);
}

static void drips_without_waiting(struct kunit *test, struct drip *drip)
{
	struct canary_reader reader = {};
	struct counters before, during, after;
	unsigned int cpu;
	bool done, freed;

	needs_shortage(test);
	cpu = stay_off_one_cpu(test);
	drip_init(test, drip, &before);
	reader.objects = drip->objects;
	reader.nr = drip->nr;
	start_under_reader(test, drip_thread, drip, &reader, cpu);
	done = wait_until((counters_read(test, &during),
			   during.fallbacks > before.fallbacks ||
			   completion_done(&drip->done)));
	counters_read(test, &during);
	canary_reader_stop(&reader);
	wait_for_completion(&drip->done);
	/* What is in pages that were too few to be sealed isn't forgotten. */
	freed = wait_until(!canary_count_alive(drip->objects, drip->nr));
	rcu_headless_barrier();
	counters_read(test, &after);

	KUNIT_EXPECT_TRUE(test, done);
	KUNIT_EXPECT_TRUE(test, freed);
	KUNIT_EXPECT_EQ(test, during.fallbacks, before.fallbacks);
	KUNIT_EXPECT_EQ(test, reader.nr_lost, 0);
	KUNIT_EXPECT_EQ(test, 0, canary_count_alive(drip->objects, drip->nr));
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

/*
 * Pages that are sealed because they are old use up no room: as long as those
 * that are open aren't full, no call waits, though a reader keeps every page
 * from being emptied.
 */
static void drip_does_not_wait(struct kunit *test)
{
	struct drip drip = { .nr = 10 * BREATH, .slab_of_8 = 4 };

	drips_without_waiting(test, &drip);
}

/* Nor does the first object of a kind, after many of the other have been old. */
static void other_kind_does_not_wait(struct kunit *test)
{
	struct drip drip = { .nr = 10 * BREATH, .slab_of_8 = 8 };

	needs_shortage(test);
	stay_off_one_cpu(test);
	drip.last = canaries_new(test, 1, 0)[0];
	drips_without_waiting(test, &drip);
}

/*
 * With readers that leave, it goes on like that for as long as it may drip: what
 * is freed makes room for what comes.
 */
static void long_drip_never_waits(struct kunit *test)
{
	/* More than all the pages hold that are kept for this. */
	struct drip drip = { .nr = 6 * PAGEFUL, .slab_of_8 = 4, .follows = true };
	struct counters before, after;
	struct task_struct *task;

	needs_shortage(test);
	stay_off_one_cpu(test);
	drip_init(test, &drip, &before);
	task = kthread_create_on_cpu(drip_thread, &drip,
				     cpumask_first(cpu_online_mask), "drip/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wake_up_process(task);
	wait_for_completion(&drip.done);
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, after.fallbacks, before.fallbacks);
	KUNIT_EXPECT_EQ(test, after.page_from_allocator, before.page_from_allocator);
	if (shortage_held(test))
		KUNIT_EXPECT_LE(test, after.pages_allocated, before.pages_allocated);
	KUNIT_EXPECT_EQ(test, 0, canary_count_alive(drip.objects, drip.nr));
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

/* How many lots of slab objects come at most, and after which one of vmalloc. */
#define LOTS 60
#define LOT 2
#define COMES_AFTER 2

/*
 * Where there are few pages, one channel's open page may have to stand back for
 * the other's, but not for ever.
 */
static void neither_channel_starves(struct kunit *test)
{
	struct counters before, now;
	void **vmalloc, **slab;
	size_t i, j;

	needs_shortage(test);
	stay_off_one_cpu(test);
	vmalloc = canaries_new(test, 1, 0);
	slab = canaries_new(test, LOTS * LOT, 8);
	/* Pages are old at once, and left to the drain while others wait. */
	parameter_set(test, PARAMETER_DRAIN_DELAY_MS, "0");
	have_nothing_pending();
	shortage_for_workers(test);
	counters_read(test, &before);
	shortage_here(true);
	for (i = 0; i < LOTS && canary_alive(vmalloc[0]); i++) {
		shortage_breathe();
		for (j = 0; j < LOT; j++)
			kvfree_rcu_headless(slab[LOT * i + j]);
		if (i == COMES_AFTER)
			kvfree_rcu_headless(vmalloc[0]);
		/* One lot is in an open page when the drain has freed the one before. */
		if (i)
			wait_until(!canary_count_alive(slab + LOT * (i - 1), LOT));
		else
			wait_until((counters_read(test, &now),
				    now.grace_periods > before.grace_periods));
	}
	shortage_here(false);
	KUNIT_EXPECT_FALSE(test, canary_alive(vmalloc[0]));
	/* The others were not given away. */
	for (i *= LOT; i < LOTS * LOT; i++)
		kvfree_rcu_headless(slab[i]);
	rcu_headless_barrier();
}

static struct kunit_case drip_cases[] = {
	KUNIT_CASE_SLOW(drip_does_not_wait),
	KUNIT_CASE_SLOW(other_kind_does_not_wait),
	KUNIT_CASE_SLOW(long_drip_never_waits),
	KUNIT_CASE_SLOW(neither_channel_starves),
	{}
};

static struct kunit_suite drip_suite = {
	.name = "rcu_headless_drip",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = drip_cases,
};

kunit_test_suite(drip_suite);
