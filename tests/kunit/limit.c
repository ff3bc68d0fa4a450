// SPDX-License-Identifier: GPL-2.0
/* No more memory waits than may: who queues more waits as well. */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/rcu_headless.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "fixture.h"

/* One page of pointers to objects of a page each is more than may wait then. */
#define LIMIT_MIB "1"
static_assert((PAGEFUL - 16) * PAGE_SIZE > SZ_1M);

/* All of it several times over. */
#define PAGEFULS 6

/*
 * While a reader keeps all that waits from being freed, who queues objects gets no
 * further than the page after the one that was too much. When the reader has left, all
 * goes on, and nothing is lost.
 */
static void held_back_by_reader(struct kunit *test)
{
	struct queuer queuer = { .nr = PAGEFULS * PAGEFUL };
	struct canary_reader reader = { .nr = queuer.nr };
	unsigned int cpu = stay_off_one_cpu(test);
	struct counters before, during, after;
	bool waits, done;

	parameter_set(test, PARAMETER_PENDING_MIB, LIMIT_MIB);
	/* No page is sealed before it is full. */
	parameter_set(test, PARAMETER_DRAIN_DELAY_MS, "10000");
	queuer.objects = canaries_new(test, queuer.nr, 0);
	reader.objects = queuer.objects;
	init_completion(&queuer.done);
	rcu_headless_barrier();
	counters_read(test, &before);
	start_under_reader(test, queuer_thread, &queuer, &reader, cpu);
	waits = wait_until((counters_read(test, &during),
			    during.held_back > before.held_back));
	done = completion_done(&queuer.done);
	canary_reader_stop(&reader);
	wait_for_completion(&queuer.done);
	rcu_headless_barrier();
	counters_read(test, &after);

	KUNIT_EXPECT_TRUE(test, waits);
	KUNIT_EXPECT_FALSE(test, done);
	KUNIT_EXPECT_EQ(test, reader.nr_lost, 0);
	KUNIT_EXPECT_EQ(test, counters_freed(&during), counters_freed(&before));
	KUNIT_EXPECT_LE(test, counters_queued(&during) - counters_queued(&before),
			2 * PAGEFUL);
	/* It wasn't for lack of a page, and a wait is for a page, not for an object. */
	KUNIT_EXPECT_EQ(test, after.fallbacks, before.fallbacks);
	KUNIT_EXPECT_LE(test, after.held_back - before.held_back, PAGEFULS + 1);
	KUNIT_EXPECT_EQ(test, canary_count_alive(queuer.objects, queuer.nr), 0);
	KUNIT_EXPECT_EQ(test, counters_freed(&after) - counters_freed(&before), queuer.nr);
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

/* Nobody is held back before that. */
static void not_held_back_before(struct kunit *test)
{
	struct queuer queuer = { .nr = PAGEFULS * PAGEFUL };
	struct canary_reader reader = { .nr = queuer.nr };
	unsigned int cpu = stay_off_one_cpu(test);
	struct counters before, after;
	bool done;

	/* Everything, and a page of pointers more. */
	parameter_set(test, PARAMETER_PENDING_MIB, "64");
	static_assert((PAGEFULS + 1) * PAGEFUL * PAGE_SIZE < 64 * SZ_1M);
	queuer.objects = canaries_new(test, queuer.nr, 0);
	reader.objects = queuer.objects;
	init_completion(&queuer.done);
	rcu_headless_barrier();
	counters_read(test, &before);
	start_under_reader(test, queuer_thread, &queuer, &reader, cpu);
	done = wait_until(completion_done(&queuer.done));
	counters_read(test, &after);
	canary_reader_stop(&reader);
	wait_for_completion(&queuer.done);
	rcu_headless_barrier();

	KUNIT_EXPECT_TRUE(test, done);
	KUNIT_EXPECT_EQ(test, reader.nr_lost, 0);
	KUNIT_EXPECT_EQ(test, after.held_back, before.held_back);
	KUNIT_EXPECT_EQ(test, canary_count_alive(queuer.objects, queuer.nr), 0);
}

#define LARGE SZ_2M
#define LARGE_NR 20

/* Objects of several pages each, made before any is freed. Ends the test on failure. */
static void **large_new(struct kunit *test, size_t size, size_t nr)
{
	void **objects = kunit_kcalloc(test, nr, sizeof(*objects), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, objects);
	for (size_t i = 0; i < nr; i++) {
		objects[i] = vmalloc(size);
		if (objects[i])
			continue;
		while (i--)
			vfree(objects[i]);
		KUNIT_FAIL_AND_ABORT(test, "no memory");
	}
	return objects;
}

static long pages_opened(const struct counters *c)
{
	return c->page_from_spares + c->page_from_allocator + c->page_from_elapsed;
}

/* An object of MiBs waits for no others: the next one finds no open page. */
static void large_object_seals_its_page(struct kunit *test)
{
	struct counters before, after;
	void **objects, **large;

	stay_off_one_cpu(test);
	parameter_set(test, PARAMETER_DRAIN_DELAY_MS, "10000");
	parameter_set(test, PARAMETER_PENDING_MIB, "1024");
	objects = large_new(test, LARGE, 4);
	rcu_headless_barrier();
	counters_read(test, &before);
	for (int i = 0; i < 4; i++)
		kvfree_rcu_headless(objects[i]);
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, pages_opened(&after) - pages_opened(&before), 4);

	/* A smaller one of the same kind does wait. */
	objects = large_new(test, SZ_64K, 4);
	rcu_headless_barrier();
	counters_read(test, &before);
	kvfree_rcu_headless_bulk(4, objects);
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, pages_opened(&after) - pages_opened(&before), 1);

	/* Behind smaller ones it doesn't either. */
	objects = large_new(test, SZ_64K, 2);
	large = large_new(test, LARGE, 1);
	rcu_headless_barrier();
	counters_read(test, &before);
	kvfree_rcu_headless(objects[0]);
	kvfree_rcu_headless(large[0]);
	kvfree_rcu_headless(objects[1]);
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, pages_opened(&after) - pages_opened(&before), 2);
	rcu_headless_barrier();
}

/* More than a page takes before somebody looks. */
#define BEHIND_NR (SZ_1K / sizeof(void *) + 72)

/*
 * A page that was opened for a small object isn't filled with large ones: somebody looks
 * at one of them before there are many.
 */
static void large_objects_behind_a_small_one(struct kunit *test)
{
	struct counters before, after;
	void **objects;
	size_t i, made = 0;

	stay_off_one_cpu(test);
	parameter_set(test, PARAMETER_DRAIN_DELAY_MS, "10000");
	parameter_set(test, PARAMETER_PENDING_MIB, "1024");
	objects = kunit_kcalloc(test, BEHIND_NR, sizeof(*objects), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objects);
	for (i = 0; i < BEHIND_NR; i++) {
		objects[i] = kmalloc(i ? SZ_64K : 8, GFP_KERNEL | __GFP_NOWARN);
		made += !!objects[i];
	}
	rcu_headless_barrier();
	counters_read(test, &before);
	for (i = 0; i < BEHIND_NR; i++)
		kvfree_rcu_headless(objects[i]);
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, made, BEHIND_NR);
	/* A page has room for 32 of them, and for 505 small ones. */
	KUNIT_EXPECT_GT(test, pages_opened(&after) - pages_opened(&before), 2);
	rcu_headless_barrier();
}

/* Few objects are much, if they are large. */
static void large_objects_are_held_back(struct kunit *test)
{
	void **objects = large_new(test, LARGE, LARGE_NR);
	struct counters before, after;

	/* Two of them are too much. */
	parameter_set(test, PARAMETER_PENDING_MIB, "3");
	rcu_headless_barrier();
	counters_read(test, &before);
	for (int i = 0; i < LARGE_NR; i++)
		kvfree_rcu_headless(objects[i]);
	counters_read(test, &after);
	rcu_headless_barrier();
	KUNIT_EXPECT_GT(test, after.held_back, before.held_back);
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, counters_freed(&after) - counters_freed(&before), LARGE_NR);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

#define HUGE SZ_16M

/* What an object takes counts, however much that is. */
static void huge_object_counts_whole(struct kunit *test)
{
	struct queuer queuer = { .nr = 2 };
	unsigned int cpu = stay_off_one_cpu(test);
	struct canary_reader reader = {};
	struct counters before, during;
	bool waits;

	/* One of them is too much. */
	parameter_set(test, PARAMETER_PENDING_MIB, "12");
	queuer.objects = large_new(test, HUGE, queuer.nr);
	init_completion(&queuer.done);
	have_nothing_pending();
	counters_read(test, &before);
	start_under_reader(test, queuer_thread, &queuer, &reader, cpu);
	waits = wait_until((counters_read(test, &during),
			    during.held_back > before.held_back ||
			    completion_done(&queuer.done)));
	canary_reader_stop(&reader);
	wait_for_completion(&queuer.done);
	rcu_headless_barrier();
	KUNIT_EXPECT_TRUE(test, waits);
	KUNIT_EXPECT_GT(test, during.held_back, before.held_back);
}

#define PARKED_NR 200

/*
 * What is in an inbox counts as well, when it takes long to be queued: a reader has the
 * work held back that does so, with more left than may wait then.
 */
static void inboxes_are_weighed(struct kunit *test)
{
	unsigned int cpu = stay_off_one_cpu(test);
	void **parked = large_new(test, SZ_64K, PARKED_NR);
	struct queuer queuer = { .nr = 1 };
	struct canary_reader reader = {};
	struct counters before, during, after;
	struct task_struct *task;
	bool work_waits, waits;
	size_t i, taken = 0;

	parameter_set(test, PARAMETER_PENDING_MIB, "4");
	parameter_set(test, PARAMETER_DRAIN_DELAY_MS, "10000");
	/* Of slab, so that it needs a page of its own. */
	queuer.objects = canaries_new(test, queuer.nr, 8);
	init_completion(&queuer.done);
	have_nothing_pending();
	counters_read(test, &before);
	task = make_under_reader(test, queuer_thread, &queuer, &reader, cpu);
	/* The work that empties the inbox isn't queued before all are there. */
	local_irq_disable();
	for (i = 0; i < PARKED_NR; i++)
		taken += kvfree_rcu_headless_try(parked[i]);
	local_irq_enable();
	work_waits = wait_until((counters_read(test, &during),
				 during.held_back > before.held_back));
	/* More than is queued: 64 KiB each for three pages of 32 objects. */
	parameter_set(test, PARAMETER_PENDING_MIB, "8");
	wake_up_process(task);
	waits = wait_until((counters_read(test, &after),
			    after.held_back > during.held_back ||
			    completion_done(&queuer.done)));
	waits = waits && after.held_back > during.held_back;
	canary_reader_stop(&reader);
	wait_for_completion(&queuer.done);
	rcu_headless_barrier();
	counters_read(test, &after);

	KUNIT_EXPECT_EQ(test, taken, PARKED_NR);
	KUNIT_EXPECT_TRUE(test, work_waits);
	KUNIT_EXPECT_TRUE(test, waits);
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	KUNIT_EXPECT_EQ(test, counters_freed(&after) - counters_freed(&before),
			PARKED_NR + queuer.nr);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

static struct kunit_case limit_cases[] = {
	KUNIT_CASE(held_back_by_reader),
	KUNIT_CASE(not_held_back_before),
	KUNIT_CASE(large_object_seals_its_page),
	KUNIT_CASE(large_objects_behind_a_small_one),
	KUNIT_CASE(large_objects_are_held_back),
	KUNIT_CASE(huge_object_counts_whole),
	KUNIT_CASE(inboxes_are_weighed),
	{}
};

static struct kunit_suite limit_suite = {
	.name = "rcu_headless_limit",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = limit_cases,
};

kunit_test_suite(limit_suite);
