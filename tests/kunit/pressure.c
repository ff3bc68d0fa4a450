// SPDX-License-Identifier: GPL-2.0
/* The shrinker, when memory really runs out. */
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rcu_headless.h>
#include <linux/sched/mm.h>
#include <linux/stringify.h>

#include "fixture.h"

/* The largest blocks make short work of it. */
#define HOG_ORDER MAX_PAGE_ORDER

/*
 * Takes one more block, which reclaims on the way, and gives up rather than have
 * somebody killed. Smaller blocks when there are no large ones; false when there
 * are none at all.
 */
static bool hog_block(struct list_head *hogged, unsigned int *order)
{
	struct page *page;

	page = alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, *order);
	if (page) {
		page->private = *order;
		list_add(&page->lru, hogged);
	} else if (*order) {
		--*order;
	} else {
		return false;
	}
	return true;
}

/*
 * Takes memory until there is none left, or the shrinker has been asked. Returns
 * a time, in jiffies, when it hadn't been yet.
 */
static unsigned long hog_memory(struct kunit *test, struct list_head *hogged,
				const struct counters *before, struct counters *now)
{
	unsigned long seen = jiffies, not_yet;
	unsigned int order = HOG_ORDER;

	do {
		not_yet = seen;
		seen = jiffies;
		counters_read(test, now);
	} while (now->shrinker_scans == before->shrinker_scans &&
		 hog_block(hogged, &order));
	return not_yet;
}

static void free_hogged(struct list_head *hogged)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, hogged, lru) {
		unsigned int order = page->private;

		list_del(&page->lru);
		page->private = 0;
		__free_pages(page, order);
	}
}

/* Whether all pages are at hand, none of them on its way in or out. */
static bool all_at_hand(struct kunit *test, struct counters *now)
{
	counters_read(test, now);
	return now->pages_spare == now->pages_allocated;
}

/* Gives back what it says, and keeps what is needed. */
static void shrinker_gives_back(struct kunit *test)
{
	size_t nr = 8 * PAGEFUL;
	struct counters before, during, after;
	LIST_HEAD(hogged);
	void **objects;

	needs_surplus(test);
	rcu_headless_barrier();
	counters_read(test, &before);
	hog_memory(test, &hogged, &before, &during);
	free_hogged(&hogged);
	KUNIT_EXPECT_GT(test, during.shrinker_scans, before.shrinker_scans);
	KUNIT_EXPECT_TRUE(test, wait_until(all_at_hand(test, &during)));
	/* Nothing else is gone. What was asked for before may have come meanwhile. */
	KUNIT_EXPECT_GT(test, during.shrinker_pages, before.shrinker_pages);
	KUNIT_EXPECT_GE(test, during.shrinker_pages - before.shrinker_pages,
			before.pages_allocated - during.pages_allocated);
	KUNIT_EXPECT_GE(test, during.pages_spare, FEW_SPARES * (long)num_online_cpus());

	/* It serves as before. */
	objects = canaries_new(test, nr, 7);
	kvfree_rcu_headless_bulk(nr, objects);
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, nr), 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

/* As rust/page/spares.rs has it, less what a test may be late. */
#define BACKOFF (4 * HZ)

/*
 * Pages that were given back are not replaced at once, though a caller finds few
 * of them: it would be the same again. False when it took too long to tell.
 */
static bool stays_small(struct kunit *test, struct counters *scanned, struct counters *now)
{
	struct counters before;
	unsigned long not_yet;
	LIST_HEAD(hogged);
	void **objects;

	/* The last scan is long past then. */
	needs_surplus(test);
	counters_read(test, &before);
	objects = canaries_new(test, 2, 4);
	not_yet = hog_memory(test, &hogged, &before, scanned);
	free_hogged(&hogged);
	/* From here on nothing is allocated; more may be given back. */
	KUNIT_EXPECT_TRUE(test, wait_until(all_at_hand(test, scanned)));
	kvfree_rcu_headless_bulk(2, objects);
	rcu_headless_barrier();
	counters_read(test, now);
	return time_before(jiffies, not_yet + BACKOFF);
}

static void not_refilled_at_once(struct kunit *test)
{
	struct counters scanned, now;
	bool told = false;
	int tries;

	stay_off_one_cpu(test);
	for (tries = 0; tries < 3 && !told; tries++)
		told = stays_small(test, &scanned, &now);
	if (!told)
		kunit_skip(test, "memory takes too long to fill");
	KUNIT_EXPECT_GT(test, now.page_from_spares, scanned.page_from_spares);
	KUNIT_EXPECT_LE(test, now.pages_allocated, scanned.pages_allocated);
	KUNIT_EXPECT_EQ(test, now.pending, 0);
	EXPECT_COUNTERS_ADD_UP(test, &now);
}

/* How long an open page may wait for more pointers: as long as can be set. */
#define LONG_DELAY_MS 10000

/*
 * Objects in a page that isn't full, which would wait for long, are freed when
 * memory is short. False when that took so long that they were due anyway.
 */
static bool pressure_frees(struct kunit *test)
{
	void **objects = canaries_new(test, 8, 4);
	struct counters before, during;
	unsigned int order = HOG_ORDER;
	unsigned long due;
	LIST_HEAD(hogged);
	bool freed;

	rcu_headless_barrier();
	counters_read(test, &before);
	/* Most of the time goes by before they are queued. */
	hog_memory(test, &hogged, &before, &during);
	due = jiffies + msecs_to_jiffies(LONG_DELAY_MS);
	kvfree_rcu_headless_bulk(8, objects);
	/* Each block asks the shrinker again, but a few go without. */
	while (canary_count_alive(objects, 8) && time_before(jiffies, due)) {
		if (!hog_block(&hogged, &order))
			schedule_timeout_uninterruptible(1);
	}
	freed = !canary_count_alive(objects, 8) && time_before(jiffies, due);
	free_hogged(&hogged);
	rcu_headless_barrier();
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, 8), 0);
	return freed;
}

static void pressure_seals_open_pages(struct kunit *test)
{
	bool freed = false;
	int tries;

	parameter_set(test, PARAMETER_DRAIN_DELAY_MS, __stringify(LONG_DELAY_MS));
	for (tries = 0; tries < 3 && !freed; tries++)
		freed = pressure_frees(test);
	KUNIT_EXPECT_TRUE(test, freed);
}

/*
 * Who gives memory back may wait for a barrier, so what that waits for must not
 * wait for memory: the kernel warns of work that has no rescuer.
 */
static void barrier_while_reclaiming(struct kunit *test)
{
	void **objects = canaries_new(test, 8, 4);
	unsigned int flags;

	stay_on_one_cpu(test);
	kvfree_rcu_headless_bulk(8, objects);
	flags = memalloc_noreclaim_save();
	rcu_headless_barrier();
	memalloc_noreclaim_restore(flags);
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, 8), 0);
}

static struct kunit_case pressure_cases[] = {
	KUNIT_CASE_SLOW(shrinker_gives_back),
	KUNIT_CASE_SLOW(not_refilled_at_once),
	KUNIT_CASE_SLOW(pressure_seals_open_pages),
	KUNIT_CASE(barrier_while_reclaiming),
	{}
};

static struct kunit_suite pressure_suite = {
	.name = "rcu_headless_pressure",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = pressure_cases,
};

kunit_test_suite(pressure_suite);
