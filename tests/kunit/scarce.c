// SPDX-License-Identifier: GPL-2.0
/* A CPU has three pages of pointers and gets no more: which of them is sealed when. */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>

#include "faults.h"
#include "fixture.h"

#define PAGES 3

/* Objects of each kind: far less than a page full. */
#define NR 60

#define TRIES 10

struct scarce {
	void **slab, **vmalloc;
	size_t nr_slab, nr_vmalloc;
	/* A thread queues this without memory when it is told to. */
	void *object;
	struct completion begin, end;
	/* On this CPU. */
	unsigned int cpu;
	struct canary_reader first, second;
};

static int scarce_thread(void *arg)
{
	struct scarce *scarce = arg;
	void *object;

	do {
		wait_for_completion(&scarce->begin);
		object = scarce->object;
		shortage_breathe();
		kvfree_rcu_headless(object);
		shortage_here(false);
		complete(&scarce->end);
	} while (object);
	return 0;
}

/* Has it queue the object. Returns whether that took no wait for a grace period. */
static bool step(struct kunit *test, struct scarce *scarce, void *object)
{
	struct counters before, now;

	counters_read(test, &before);
	scarce->object = object;
	complete(&scarce->begin);
	wait_until((counters_read(test, &now), now.fallbacks > before.fallbacks ||
		    completion_done(&scarce->end)));
	if (now.fallbacks > before.fallbacks)
		return false;
	wait_for_completion(&scarce->end);
	return true;
}

static bool step_slab(struct kunit *test, struct scarce *scarce)
{
	return scarce->nr_slab < NR && step(test, scarce, scarce->slab[scarce->nr_slab++]);
}

static bool step_vmalloc(struct kunit *test, struct scarce *scarce)
{
	return scarce->nr_vmalloc < NR &&
	       step(test, scarce, scarce->vmalloc[scarce->nr_vmalloc++]);
}

static void scarce_new(struct kunit *test, struct scarce *scarce)
{
	struct task_struct *task;
	struct counters now;

	needs_shortage(test);
	if (fixture_spares() != PAGES)
		kunit_skip(test, "needs spares=3");
	if (!IS_ENABLED(CONFIG_PREEMPT_RCU))
		kunit_skip(test, "needs two readers on a CPU");
	scarce->cpu = stay_off_one_cpu(test);
	/* Pages are old at once. */
	parameter_set(test, PARAMETER_DRAIN_DELAY_MS, "0");
	scarce->slab = canaries_new(test, NR, 8);
	scarce->vmalloc = canaries_new(test, NR, 0);
	init_completion(&scarce->begin);
	init_completion(&scarce->end);
	KUNIT_ASSERT_TRUE(test, wait_until((counters_read(test, &now), now.pages_spare >=
					    PAGES * (long)num_online_cpus())));
	task = kthread_create_on_cpu(scarce_thread, scarce,
				     cpumask_first(cpu_online_mask), "scarce/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wake_up_process(task);
	shortage_for_workers(test);
}

/*
 * Has an object of vmalloc in an open page, and the grace period begun after which that
 * page is looked at; the first reader keeps it from ending. False if it may be another
 * one that has begun.
 */
static bool begin(struct kunit *test, struct scarce *scarce)
{
	struct rcu_gp_seq before, then, now;
	struct counters c, later;

	have_nothing_pending();
	get_state_synchronize_rcu_full(&before);
	KUNIT_ASSERT_EQ(test, 0, canary_reader_start(&scarce->first, scarce->cpu));
	get_state_synchronize_rcu_full(&then);
	counters_read(test, &c);
	if (step_vmalloc(test, scarce) &&
	    wait_until((counters_read(test, &later), later.grace_periods > c.grace_periods))) {
		get_state_synchronize_rcu_full(&now);
		if (before.norm == then.norm && then.norm == now.norm &&
		    wait_until((get_state_synchronize_rcu_full(&now),
				now.norm != then.norm)))
			return true;
	}
	canary_reader_stop(&scarce->first);
	return false;
}

/*
 * An old page that has grown isn't sealed when there is no other in its stead: calls go on
 * with it, while what is sealed waits for a reader. But it is when there is one, though it
 * goes on growing.
 */
static void grown_page_is_sealed_in_time(struct kunit *test)
{
	struct scarce *scarce = kunit_kzalloc(test, sizeof(*scarce), GFP_KERNEL);
	bool begun = false, set_up, looked_at, goes_on, freed = false;
	struct counters before, now;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, scarce);
	scarce_new(test, scarce);
	for (i = 0; i < TRIES && !begun; i++)
		begun = begin(test, scarce);
	KUNIT_ASSERT_TRUE(test, begun);

	/* The other two pages: one is sealed for being old, the next takes its place. */
	counters_read(test, &before);
	do {
		set_up = step_slab(test, scarce);
		counters_read(test, &now);
	} while (set_up && now.page_from_spares < before.page_from_spares + 2);
	set_up = set_up && step_vmalloc(test, scarce);
	/* Of the grace periods this one ends, and none after it. */
	KUNIT_ASSERT_EQ(test, 0, canary_reader_start(&scarce->second, scarce->cpu));
	counters_read(test, &before);
	canary_reader_stop(&scarce->first);
	looked_at = wait_until((counters_read(test, &now),
				now.grace_periods > before.grace_periods));
	goes_on = step_vmalloc(test, scarce);
	canary_reader_stop(&scarce->second);
	if (!goes_on)
		wait_for_completion(&scarce->end);

	/* Another object in each grace period. */
	while (goes_on && !freed && scarce->nr_vmalloc < NR) {
		counters_read(test, &before);
		goes_on = step_vmalloc(test, scarce);
		wait_until((counters_read(test, &now),
			    freed = !canary_alive(scarce->vmalloc[i - 1]),
			    freed || now.grace_periods > before.grace_periods));
	}
	step(test, scarce, NULL);
	rcu_headless_barrier();

	KUNIT_EXPECT_TRUE(test, set_up);
	KUNIT_EXPECT_TRUE(test, looked_at);
	KUNIT_EXPECT_TRUE(test, goes_on);
	KUNIT_EXPECT_TRUE(test, freed);
	/* The others were not given away. */
	while (scarce->nr_slab < NR)
		kvfree_rcu_headless(scarce->slab[scarce->nr_slab++]);
	while (scarce->nr_vmalloc < NR)
		kvfree_rcu_headless(scarce->vmalloc[scarce->nr_vmalloc++]);
	rcu_headless_barrier();
	KUNIT_EXPECT_EQ(test, 0, canary_count_alive(scarce->slab, NR));
	KUNIT_EXPECT_EQ(test, 0, canary_count_alive(scarce->vmalloc, NR));
}

static struct kunit_case scarce_cases[] = {
	KUNIT_CASE_SLOW(grown_page_is_sealed_in_time),
	{}
};

static struct kunit_suite scarce_suite = {
	.name = "rcu_headless_scarce",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = scarce_cases,
};

kunit_test_suite(scarce_suite);
