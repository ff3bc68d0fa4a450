// SPDX-License-Identifier: GPL-2.0
/* What it is all about: nothing is freed while a reader may still see it. */
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>

#include "fixture.h"

/* How many jiffies a mistake is given to show itself. No verdict hangs on it. */
#define CHANCES 20

/*
 * A reader that started before the call holds back every object, though pages
 * are full, have been sealed, and a barrier waits for them.
 */
static void reader_holds_back(struct kunit *test, unsigned int slab_of_8)
{
	unsigned int cpu = stay_off_one_cpu(test);
	size_t i, nr = 8 * (PAGEFUL / 2), alive = nr;
	void **objects = canaries_new(test, nr, slab_of_8);
	struct canary_reader reader = { .objects = objects, .nr = nr };
	struct barrier_caller caller;
	struct counters before, during, after;
	bool returned, asked;

	have_nothing_pending();
	counters_read(test, &before);
	KUNIT_ASSERT_EQ(test, 0, canary_reader_start(&reader, cpu));
	kvfree_rcu_headless_bulk(nr, objects);
	KUNIT_EXPECT_EQ(test, 0, barrier_caller_start(&caller));

	/* From here on only the grace period is missing. */
	asked = wait_until((counters_read(test, &during),
			    during.grace_periods > before.grace_periods));
	for (i = 0; i < CHANCES && alive == nr; i++) {
		schedule_timeout_uninterruptible(1);
		alive = canary_count_alive(objects, nr);
	}
	returned = completion_done(&caller.done);
	counters_read(test, &during);
	canary_reader_stop(&reader);

	KUNIT_EXPECT_TRUE(test, asked);
	KUNIT_EXPECT_EQ(test, alive, nr);
	KUNIT_EXPECT_EQ(test, reader.nr_lost, 0);
	KUNIT_EXPECT_FALSE(test, returned);
	KUNIT_EXPECT_EQ(test, during.pending, nr);
	KUNIT_EXPECT_EQ(test, counters_freed(&during), counters_freed(&before));
	KUNIT_EXPECT_GE(test, during.pages_in_use, (long)(nr / PAGEFUL));
	EXPECT_COUNTERS_ADD_UP(test, &during);

	/* And once it has left, nothing does. */
	wait_for_completion(&caller.done);
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, nr), 0);
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

static void reader_holds_back_slab(struct kunit *test)
{
	reader_holds_back(test, 8);
}

static void reader_holds_back_vmalloc(struct kunit *test)
{
	reader_holds_back(test, 0);
}

/*
 * An object that is freed before any grace period has passed since the call
 * that queued it is freed too early, whatever the module thinks of its page.
 *
 * Pages of vmalloc objects fill slowly here, over several grace periods, while
 * slab objects keep grace periods and drains going. A page that went by the
 * time of its first pointer would lose its last ones too early.
 */
#define WATCHED 16

static void never_before_its_grace_period(struct kunit *test)
{
	struct watched watched[WATCHED] = {};
	struct counters before, now;
	size_t i, j, round = 0, early = 0;
	/* Many events, each of which may take its time. */
	unsigned long end = jiffies + 4 * EVENT_TIMEOUT;

	rcu_headless_barrier();
	counters_read(test, &before);
	do {
		struct watched *w = &watched[round++ % WATCHED];

		get_state_synchronize_rcu_full(&w->queued_after);
		w->object = canary_new(CANARY_VMALLOC);
		KUNIT_ASSERT_NOT_NULL(test, w->object);
		kvfree_rcu_headless(w->object);
		for (i = 0; i < PAGEFUL / 4; i++) {
			kfree_rcu_headless(canary_new(CANARY_SLAB));
			if (i % 32)
				continue;
			for (j = 0; j < WATCHED; j++)
				early += freed_too_early(&watched[j]);
		}
		schedule_timeout_uninterruptible(1);
		for (j = 0; j < WATCHED; j++)
			early += freed_too_early(&watched[j]);
		counters_read(test, &now);
	} while (!early && time_before(jiffies, end) &&
		 now.freed_vmalloc - before.freed_vmalloc < 8 * WATCHED);

	KUNIT_EXPECT_EQ(test, early, 0);
	KUNIT_EXPECT_GE(test, now.freed_vmalloc - before.freed_vmalloc,
			8 * WATCHED);
	rcu_headless_barrier();
}

/* Whether a grace period has begun since a cookie was taken. */
static bool has_begun(unsigned long cookie)
{
	return get_state_synchronize_rcu() != cookie;
}

/* Whether the module has asked for one since the counters were read. */
static bool has_asked(struct kunit *test, const struct counters *before)
{
	struct counters now;

	cond_resched();
	counters_read(test, &now);
	return now.grace_periods > before->grace_periods;
}

/*
 * Queues two objects, the second when the grace period that the first needs has
 * begun. Returns whether it came to that: it may begin before anybody can look.
 */
static bool one_after_the_other(struct kunit *test, unsigned int cpu)
{
	void **objects = canaries_new(test, 2, 8);
	struct canary_reader reader = { .objects = objects, .nr = 2 };
	unsigned long end = jiffies + CHANCES;
	struct counters before;
	unsigned long asked;
	bool begun = false;
	size_t i;

	/* Nobody's callback, as that of a thread that has ended, waits for one now. */
	rcu_barrier();
	KUNIT_ASSERT_EQ(test, 0, canary_reader_start(&reader, cpu));
	counters_read(test, &before);
	kfree_rcu_headless(objects[0]);
	while (!has_asked(test, &before) && time_before(jiffies, end))
		;
	asked = get_state_synchronize_rcu();
	for (i = 0; i < CHANCES && !begun; i++) {
		schedule_timeout_uninterruptible(1);
		begun = has_begun(asked);
	}
	kfree_rcu_headless(objects[1]);
	/* Time for that to be sealed. */
	schedule_timeout_uninterruptible(CHANCES);
	canary_reader_stop(&reader);
	KUNIT_EXPECT_EQ(test, reader.nr_lost, 0);
	KUNIT_EXPECT_TRUE(test, wait_until(!canary_count_alive(objects, 2)));
	return begun;
}

/*
 * A page that is sealed too late for the grace period that another one waits for
 * is freed after the next, though nobody comes back to ask.
 */
static void later_page_is_freed_too(struct kunit *test)
{
	unsigned int cpu = stay_off_one_cpu(test);
	bool seen = false;
	int tries;

	/* With few, the second page would stay open until the first is freed. */
	needs_surplus(test);
	parameter_set(test, PARAMETER_DRAIN_DELAY_MS, "0");
	rcu_headless_barrier();
	for (tries = 0; tries < 20 && !seen; tries++)
		seen = one_after_the_other(test, cpu);
	KUNIT_EXPECT_TRUE(test, seen);
	rcu_headless_barrier();
}

static struct kunit_case readers_cases[] = {
	KUNIT_CASE(reader_holds_back_slab),
	KUNIT_CASE(reader_holds_back_vmalloc),
	KUNIT_CASE_SLOW(later_page_is_freed_too),
	KUNIT_CASE_SLOW(never_before_its_grace_period),
	{}
};

static struct kunit_suite readers_suite = {
	.name = "rcu_headless_readers",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = readers_cases,
};

kunit_test_suite(readers_suite);
