// SPDX-License-Identifier: GPL-2.0
/*
 * No memory for pages of pointers, by the kernel's own fault injection: the
 * guest sets fail_page_alloc to fail every allocation that can't reclaim, in
 * tasks that ask for it.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/rcu_headless.h>
#include <linux/sched.h>

#include "fixture.h"

static void set_shortage(bool on)
{
#ifdef CONFIG_FAULT_INJECTION
	current->make_it_fail = on;
#endif
}

static void needs_shortage(struct kunit *test)
{
	struct page *page;

	if (!IS_ENABLED(CONFIG_FAIL_PAGE_ALLOC))
		kunit_skip(test, "needs CONFIG_FAIL_PAGE_ALLOC");
	set_shortage(true);
	page = alloc_page(GFP_NOWAIT | __GFP_NOWARN);
	set_shortage(false);
	if (page)
		__free_page(page);
	if (page)
		kunit_skip(test, "needs fail_page_alloc set up in debugfs");
}

/* All is freed, one wait makes room for many calls, and memory use is bounded. */
static void shortage_loses_nothing(struct kunit *test)
{
	size_t i, nr = 8 * PAGEFUL;
	void **objects = canaries_new(test, nr, 4);
	struct counters before, during, after;
	long fallbacks;

	needs_shortage(test);
	rcu_headless_barrier();
	counters_read(test, &before);
	set_shortage(true);
	for (i = 0; i < nr; i++)
		kvfree_rcu_headless(objects[i]);
	set_shortage(false);
	counters_read(test, &during);
	rcu_headless_barrier();
	counters_read(test, &after);

	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, nr), 0);
	KUNIT_EXPECT_EQ(test, counters_freed(&after) - counters_freed(&before), nr);
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	EXPECT_COUNTERS_ADD_UP(test, &during);
	EXPECT_COUNTERS_ADD_UP(test, &after);

	/* No page can have come from anywhere but those that were there. */
	KUNIT_EXPECT_LE(test, during.pages_allocated, before.pages_allocated);
	fallbacks = after.fallbacks - before.fallbacks;
	if (before.pages_allocated)
		KUNIT_EXPECT_LE(test, fallbacks, (long)(nr / (PAGEFUL / 2)));
}

struct short_caller {
	void **objects;
	size_t nr;
	/* The calls up to the first that waited, and what was left of them then. */
	size_t nr_until_wait, alive_after_wait;
	struct completion done;
};

static int short_caller_thread(void *arg)
{
	struct short_caller *caller = arg;
	size_t i;

	set_shortage(true);
	for (i = 0; i < caller->nr; i++) {
		kvfree_rcu_headless(caller->objects[i]);
		/*
		 * The reader keeps all others from being freed, so the first
		 * that is gone when the call returns is the call's that waited.
		 */
		if (!caller->nr_until_wait && !canary_alive(caller->objects[i])) {
			caller->nr_until_wait = i + 1;
			caller->alive_after_wait =
				canary_count_alive(caller->objects, i + 1);
		}
	}
	set_shortage(false);
	complete(&caller->done);
	return 0;
}

/*
 * Who waits for lack of a page waits for the readers, like everybody, and then
 * frees in the same stroke all that has been waiting on that CPU.
 */
static void shortage_waits_for_readers(struct kunit *test)
{
	/* More than all pages hold that a CPU may have at hand. */
	struct short_caller caller = { .nr = 8 * PAGEFUL };
	struct canary_reader reader = {};
	struct counters before, during, after;
	struct task_struct *task;
	bool waits, done;
	unsigned int cpu;

	needs_shortage(test);
	cpu = stay_off_one_cpu(test);
	caller.objects = canaries_new(test, caller.nr, 4);
	init_completion(&caller.done);
	reader.objects = caller.objects;
	reader.nr = caller.nr;
	rcu_headless_barrier();
	counters_read(test, &before);
	task = kthread_create_on_cpu(short_caller_thread, &caller,
				     cpumask_first(cpu_online_mask),
				     "short_caller/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	if (canary_reader_start(&reader, cpu)) {
		kthread_stop(task);
		KUNIT_FAIL_AND_ABORT(test, "no reader");
	}
	wake_up_process(task);
	waits = wait_until((counters_read(test, &during),
			    during.fallbacks > before.fallbacks));
	done = completion_done(&caller.done);
	canary_reader_stop(&reader);
	wait_for_completion(&caller.done);
	rcu_headless_barrier();
	counters_read(test, &after);

	KUNIT_EXPECT_TRUE(test, waits);
	KUNIT_EXPECT_FALSE(test, done);
	KUNIT_EXPECT_GT(test, caller.nr_until_wait, 0);
	KUNIT_EXPECT_EQ(test, caller.alive_after_wait, 0);
	KUNIT_EXPECT_EQ(test, reader.nr_lost, 0);
	KUNIT_EXPECT_EQ(test, counters_freed(&during), counters_freed(&before));
	KUNIT_EXPECT_EQ(test, 0, canary_count_alive(caller.objects, caller.nr));
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

static struct kunit_case shortage_cases[] = {
	KUNIT_CASE_SLOW(shortage_loses_nothing),
	KUNIT_CASE_SLOW(shortage_waits_for_readers),
	{}
};

static struct kunit_suite shortage_suite = {
	.name = "rcu_headless_shortage",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = shortage_cases,
};

kunit_test_suite(shortage_suite);
