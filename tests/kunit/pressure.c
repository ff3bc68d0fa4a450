// SPDX-License-Identifier: GPL-2.0
/* The shrinker, when memory really runs out. */
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rcu_headless.h>

#include "fixture.h"

/* No more than a CPU may always keep, and what it takes when it may. */
#define FEW_SPARES 3

/* The largest blocks make short work of it. */
#define HOG_ORDER 4

/*
 * Takes memory until there is none left, or the shrinker has been asked. It
 * reclaims on the way, and gives up rather than have somebody killed.
 */
static void hog_memory(struct kunit *test, struct list_head *hogged,
		       const struct counters *before, struct counters *now)
{
	unsigned int order = HOG_ORDER;
	struct page *page;

	do {
		page = alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, order);
		if (page) {
			page->private = order;
			list_add(&page->lru, hogged);
		}
		counters_read(test, now);
	} while ((page || order--) && now->shrinker_scans == before->shrinker_scans);
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

/* Gives back what it says, keeps what is needed, and isn't refilled at once. */
static void shrinker_gives_back(struct kunit *test)
{
	size_t nr = 40 * PAGEFUL;
	struct counters before, during, after;
	LIST_HEAD(hogged);
	void **objects;

	if (fixture_spares() <= FEW_SPARES)
		kunit_skip(test, "needs more spares than are always kept");
	rcu_headless_barrier();
	counters_read(test, &before);
	hog_memory(test, &hogged, &before, &during);
	free_hogged(&hogged);
	KUNIT_EXPECT_GT(test, during.shrinker_scans, before.shrinker_scans);
	KUNIT_EXPECT_GT(test, during.shrinker_pages, before.shrinker_pages);
	/* What was given back is gone, and nothing else. */
	KUNIT_EXPECT_EQ(test, during.shrinker_pages - before.shrinker_pages,
			before.pages_allocated - during.pages_allocated);
	KUNIT_EXPECT_EQ(test, during.pages_spare, during.pages_allocated);
	KUNIT_EXPECT_GE(test, during.pages_spare, FEW_SPARES * (long)num_online_cpus());

	/* It serves as before. */
	objects = canaries_new(test, nr, 7);
	kvfree_rcu_headless_bulk(nr, objects);
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, nr), 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

static struct kunit_case pressure_cases[] = {
	KUNIT_CASE_SLOW(shrinker_gives_back),
	{}
};

static struct kunit_suite pressure_suite = {
	.name = "rcu_headless_pressure",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = pressure_cases,
};

kunit_test_suite(pressure_suite);
