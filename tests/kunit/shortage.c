// SPDX-License-Identifier: GPL-2.0
/* No memory for pages of pointers: nothing is lost, and waits are few. */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "faults.h"
#include "fixture.h"

/* A page has room for so many pointers at least; its header takes the rest. */
#define PAGE_ROOM ((long)PAGEFUL - 16)

struct waits {
	/* Calls during which a whole grace period passed. */
	long passed;
	/* Those of them that slept; the others were only kept from going on. */
	long slept;
};

/* Queues objects without memory, and looks which calls wait. */
static struct waits queue_short(void **objects, size_t nr)
{
	struct rcu_gp_seq before;
	struct waits waits = {};
	unsigned long switches;
	size_t i;

	shortage_here(true);
	for (i = 0; i < nr; i++) {
		if (i % BREATH == 0)
			shortage_breathe();
		get_state_synchronize_rcu_full(&before);
		switches = current->nvcsw;
		kvfree_rcu_headless(objects[i]);
		if (poll_state_synchronize_rcu_full(&before)) {
			waits.passed++;
			waits.slept += current->nvcsw != switches;
		}
	}
	shortage_here(false);
	return waits;
}

struct counted_caller {
	void **objects;
	size_t nr;
	struct waits waits;
	struct completion done;
};

static int counted_caller_thread(void *arg)
{
	struct counted_caller *caller = arg;

	/* Ahead of the work that brings pages back, which gets few chances. */
	sched_set_fifo(current);
	caller->waits = queue_short(caller->objects, caller->nr);
	complete(&caller->done);
	return 0;
}

/* A wait makes room for a page full of pointers, and no page is added. */
static void waits_once_per_page(struct kunit *test, size_t nr, unsigned int slab_of_8)
{
	struct counted_caller caller = { .nr = nr };
	struct canary_reader reader = {};
	struct counters before, during, after;
	long most = nr / PAGE_ROOM + 2;
	unsigned int cpu;
	bool held, waits;

	needs_shortage(test);
	cpu = stay_off_one_cpu(test);
	caller.objects = canaries_new(test, nr, slab_of_8);
	init_completion(&caller.done);
	rcu_headless_barrier();
	shortage_for_workers(test);
	counters_read(test, &before);
	/* No page is emptied until all that there are have been used up. */
	start_under_reader(test, counted_caller_thread, &caller, &reader, cpu);
	waits = wait_until((counters_read(test, &during),
			    during.fallbacks > before.fallbacks));
	canary_reader_stop(&reader);
	wait_for_completion(&caller.done);
	counters_read(test, &during);
	held = shortage_held(test);
	rcu_headless_barrier();
	counters_read(test, &after);

	KUNIT_EXPECT_TRUE(test, waits);
	KUNIT_EXPECT_LE(test, caller.waits.slept, most);
	KUNIT_EXPECT_LE(test, during.fallbacks - before.fallbacks, most);
	/* Who was counted as waiting did wait. */
	KUNIT_EXPECT_LE(test, during.fallbacks - before.fallbacks, caller.waits.passed);
	if (held)
		KUNIT_EXPECT_LE(test, during.pages_allocated, before.pages_allocated);
	KUNIT_EXPECT_EQ(test, during.page_from_allocator, before.page_from_allocator);
	EXPECT_COUNTERS_ADD_UP(test, &during);

	KUNIT_EXPECT_EQ(test, canary_count_alive(caller.objects, nr), 0);
	KUNIT_EXPECT_EQ(test, counters_freed(&after) - counters_freed(&before), nr);
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	KUNIT_EXPECT_EQ(test, after.leaked, before.leaked);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

static void slab_waits_once_per_page(struct kunit *test)
{
	waits_once_per_page(test, 20 * PAGEFUL, 8);
}

static void vmalloc_waits_once_per_page(struct kunit *test)
{
	waits_once_per_page(test, 8 * PAGEFUL, 0);
}

static void mixed_wait_once_per_page(struct kunit *test)
{
	waits_once_per_page(test, 16 * PAGEFUL, 4);
}

struct short_caller {
	void **objects;
	size_t nr;
	/* The calls up to the first that waited. */
	size_t nr_until_wait;
	/* All calls, when it is told to stop before the end. */
	size_t called;
	bool stop;
	struct completion done;
};

static int short_caller_thread(void *arg)
{
	struct short_caller *caller = arg;
	size_t i;

	shortage_here(true);
	for (i = 0; i < caller->nr; i++) {
		if (i % BREATH == 0)
			shortage_breathe();
		kvfree_rcu_headless(caller->objects[i]);
		/*
		 * The reader keeps all others from being freed, so the first
		 * that is gone when the call returns is the call's that waited.
		 */
		if (!caller->nr_until_wait && !canary_alive(caller->objects[i]))
			caller->nr_until_wait = i + 1;
	}
	shortage_here(false);
	complete(&caller->done);
	return 0;
}

/* Who waits for lack of a page waits for the readers, like everybody. */
static void waits_for_readers(struct kunit *test, bool expedited)
{
	/* More than all pages hold that a CPU may have at hand. */
	struct short_caller caller = { .nr = 8 * PAGEFUL };
	void **slab, **vmalloc;
	struct canary_reader reader = {};
	struct counters before, during, after;
	struct rcu_gp_seq first = {}, last = {};
	bool waits, done;
	unsigned int cpu;

	needs_shortage(test);
	parameter_set(test, PARAMETER_EXPEDITED, expedited ? "Y" : "N");
	/* Nothing is sealed for being old. */
	parameter_set(test, PARAMETER_DRAIN_DELAY_MS, "10000");
	cpu = stay_off_one_cpu(test);
	slab = canaries_new(test, 1, 8);
	vmalloc = canaries_new(test, 1, 0);
	caller.objects = canaries_new(test, caller.nr, 4);
	init_completion(&caller.done);
	reader.objects = caller.objects;
	reader.nr = caller.nr;
	rcu_headless_barrier();
	shortage_for_workers(test);
	/*
	 * A page that has been open for a grace period when the reader comes, and
	 * gets more pointers then, must wait for the reader nevertheless.
	 */
	kvfree_rcu_headless(slab[0]);
	kvfree_rcu_headless(vmalloc[0]);
	synchronize_rcu();
	counters_read(test, &before);
	get_state_synchronize_rcu_full(&first);
	start_under_reader(test, short_caller_thread, &caller, &reader, cpu);
	waits = wait_until((counters_read(test, &during),
			    during.fallbacks > before.fallbacks));
	done = completion_done(&caller.done);
	canary_reader_stop(&reader);
	wait_for_completion(&caller.done);
	get_state_synchronize_rcu_full(&last);
	rcu_headless_barrier();
	counters_read(test, &after);

	KUNIT_EXPECT_TRUE(test, waits);
	KUNIT_EXPECT_FALSE(test, done);
	KUNIT_EXPECT_GT(test, caller.nr_until_wait, 0);
	KUNIT_EXPECT_EQ(test, reader.nr_lost, 0);
	KUNIT_EXPECT_EQ(test, counters_freed(&during), counters_freed(&before));
	KUNIT_EXPECT_EQ(test, 0, canary_count_alive(caller.objects, caller.nr));
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
	/*
	 * The other way round proves nothing: others may hurry RCU too. On
	 * PREEMPT_RT nobody may, once it has booted.
	 */
	if (expedited && !IS_ENABLED(CONFIG_PREEMPT_RT) && !IS_ENABLED(CONFIG_TINY_RCU))
		KUNIT_EXPECT_NE(test, first.rcu_gp_seq_exp,
				last.rcu_gp_seq_exp);
}

static void shortage_waits_for_readers(struct kunit *test)
{
	waits_for_readers(test, false);
}

static void expedited_waits_for_readers(struct kunit *test)
{
	waits_for_readers(test, true);
}

#define SHARERS 32

/* A wait for a grace period is over by then; one after the other could not be. */
#define SHARED_WAITS 4

static int sharer_thread(void *arg)
{
	struct short_caller *caller = arg;
	size_t i;

	shortage_here(true);
	for (i = 0; i < caller->nr && !READ_ONCE(caller->stop); i++) {
		if (i % BREATH == 0)
			shortage_breathe();
		kvfree_rcu_headless(caller->objects[i]);
		cond_resched();
	}
	caller->called = i;
	shortage_here(false);
	complete(&caller->done);
	return 0;
}

static bool all_returned(struct short_caller *callers, size_t nr)
{
	while (nr && completion_done(&callers[nr - 1].done))
		nr--;
	return !nr;
}

/*
 * However many callers wait at the same time, they wait for the same: a few grace periods
 * later they all return, though no other can end by then.
 */
static void waiting_callers_share(struct kunit *test)
{
	size_t i, started = 0;
	struct short_caller *callers;
	struct canary_reader reader = {};
	struct counters before, during, after;
	bool all_wait = false, all_shared = false;
	unsigned int cpu;
	int err;

	needs_shortage(test);
	/* Ordinary grace periods take long, so that few pass by themselves. */
	parameter_set(test, PARAMETER_EXPEDITED, "N");
	cpu = stay_off_one_cpu(test);
	callers = kunit_kcalloc(test, SHARERS, sizeof(*callers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, callers);
	for (i = 0; i < SHARERS; i++) {
		/* The first takes all pages that there are; the others find none. */
		callers[i].nr = i ? 1 : 8 * PAGEFUL;
		callers[i].objects = canaries_new(test, callers[i].nr, 8);
		init_completion(&callers[i].done);
	}
	rcu_headless_barrier();
	shortage_for_workers(test);
	counters_read(test, &before);
	KUNIT_ASSERT_EQ(test, 0, canary_reader_start(&reader, cpu));
	for (i = 0; i < SHARERS; i++) {
		struct task_struct *task;

		task = kthread_create_on_cpu(sharer_thread, &callers[i],
					     cpumask_first(cpu_online_mask),
					     "sharer/%u");
		if (IS_ERR(task))
			break;
		wake_up_process(task);
		started++;
		all_wait = wait_until((counters_read(test, &during),
				       during.fallbacks - before.fallbacks == started));
		if (!all_wait)
			break;
	}
	/* Or it would wait again, for more grace periods, while others have yet to wake up. */
	WRITE_ONCE(callers[0].stop, true);
	canary_reader_stop(&reader);
	for (i = 0; i < SHARED_WAITS; i++)
		synchronize_rcu();
	err = canary_reader_start(&reader, cpu);
	if (!err) {
		all_shared = wait_until(all_returned(callers, started));
		canary_reader_stop(&reader);
	}
	for (i = 0; i < started; i++)
		wait_for_completion(&callers[i].done);
	for (i = callers[0].called; i < callers[0].nr; i++)
		kvfree_rcu_headless(callers[0].objects[i]);
	rcu_headless_barrier();
	counters_read(test, &after);

	KUNIT_EXPECT_EQ(test, started, SHARERS);
	KUNIT_EXPECT_TRUE(test, all_wait);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_TRUE(test, all_shared);
	for (i = 0; i < started; i++)
		KUNIT_EXPECT_EQ(test, 0, canary_count_alive(callers[i].objects,
							    callers[i].nr));
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

static struct kunit_case shortage_cases[] = {
	KUNIT_CASE_SLOW(slab_waits_once_per_page),
	KUNIT_CASE_SLOW(vmalloc_waits_once_per_page),
	KUNIT_CASE_SLOW(mixed_wait_once_per_page),
	KUNIT_CASE_SLOW(shortage_waits_for_readers),
	KUNIT_CASE_SLOW(expedited_waits_for_readers),
	KUNIT_CASE(waiting_callers_share),
	{}
};

static struct kunit_suite shortage_suite = {
	.name = "rcu_headless_shortage",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = shortage_cases,
};

kunit_test_suite(shortage_suite);
