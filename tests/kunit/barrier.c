// SPDX-License-Identifier: GPL-2.0
/* The barrier, when the last that it has to wait for takes its time. */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <uapi/linux/sched/types.h>
#include <linux/workqueue.h>

#include "faults.h"
#include "fixture.h"

/* How many jiffies others are given to get on, or to go wrong. No verdict hangs on it. */
#define CHANCES 20

/* Keeps all tasks off a CPU that aren't in more of a hurry. */
struct occupier {
	struct completion begun, done;
	bool stop;
};

static int occupier_thread(void *arg)
{
	struct occupier *occupier = arg;

	sched_set_fifo(current);
	complete(&occupier->begun);
	while (!READ_ONCE(occupier->stop))
		cpu_relax();
	complete(&occupier->done);
	return 0;
}

static int occupy(struct occupier *occupier, unsigned int cpu)
{
	struct task_struct *task;

	init_completion(&occupier->begun);
	init_completion(&occupier->done);
	task = kthread_create_on_cpu(occupier_thread, occupier, cpu, "occupier/%u");
	if (IS_ERR(task))
		return PTR_ERR(task);
	wake_up_process(task);
	wait_for_completion(&occupier->begun);
	return 0;
}

struct waiter {
	void **objects;
	size_t nr;
	size_t alive;
	struct completion done;
};

static int waiter_thread(void *arg)
{
	struct waiter *waiter = arg;

	rcu_headless_barrier();
	waiter->alive = canary_count_alive(waiter->objects, waiter->nr);
	complete(&waiter->done);
	return 0;
}

static long queue_all(void *arg)
{
	struct waiter *waiter = arg;

	kvfree_rcu_headless_bulk(waiter->nr, waiter->objects);
	return 0;
}

/*
 * The grace period is over and the pages are sealed, but the CPU whose drain is to
 * free the objects doesn't get round to it.
 */
static void waits_for_the_last_drain(struct kunit *test)
{
	struct waiter waiter = { .nr = 8 };
	struct canary_reader reader = {};
	struct occupier occupier = {};
	struct counters before, now;
	unsigned int busy, reading = stay_off_one_cpu(test);
	struct task_struct *task;
	bool sealed;
	int i, err;

	busy = cpumask_next(cpumask_first(cpu_online_mask), cpu_online_mask);
	if (busy >= reading)
		kunit_skip(test, "needs three CPUs");
	/* On PREEMPT_RT it is a thread that reports for a CPU that is busy. */
	if (!IS_ENABLED(CONFIG_PREEMPT_RCU) || IS_ENABLED(CONFIG_PREEMPT_RT))
		kunit_skip(test, "needs grace periods that don't need this CPU");
	waiter.objects = canaries_new(test, waiter.nr, 4);
	reader.objects = waiter.objects;
	reader.nr = waiter.nr;
	init_completion(&waiter.done);
	rcu_headless_barrier();
	counters_read(test, &before);
	task = kthread_create_on_cpu(waiter_thread, &waiter,
				     cpumask_first(cpu_online_mask), "waiter/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	if (canary_reader_start(&reader, reading)) {
		kthread_stop(task);
		KUNIT_FAIL_AND_ABORT(test, "no reader");
	}
	work_on_cpu(busy, queue_all, &waiter);
	wake_up_process(task);
	sealed = wait_until((counters_read(test, &now),
			     now.grace_periods > before.grace_periods));
	/* Time for the rest of the barrier's first step. */
	schedule_timeout_uninterruptible(CHANCES);
	err = occupy(&occupier, busy);
	canary_reader_stop(&reader);
	synchronize_rcu();
	for (i = 0; i < CHANCES && !completion_done(&waiter.done); i++)
		schedule_timeout_uninterruptible(1);
	WRITE_ONCE(occupier.stop, true);
	if (!err)
		wait_for_completion(&occupier.done);
	wait_for_completion(&waiter.done);

	KUNIT_EXPECT_TRUE(test, sealed);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, reader.nr_lost, 0);
	KUNIT_EXPECT_EQ(test, waiter.alive, 0);
}

/* Queues objects without memory, until it is told to stop. */
struct short_queuer {
	void **objects;
	size_t nr, queued;
	bool stop;
	struct completion done;
};

static int short_queuer_thread(void *arg)
{
	struct short_queuer *queuer = arg;
	size_t i;

	shortage_here(true);
	for (i = 0; i < queuer->nr && !READ_ONCE(queuer->stop); i++) {
		if (i % BREATH == 0)
			shortage_breathe();
		kvfree_rcu_headless(queuer->objects[i]);
		WRITE_ONCE(queuer->queued, i + 1);
	}
	shortage_here(false);
	complete(&queuer->done);
	return 0;
}

/* A barrier that doesn't wait for others is over long before so many. */
#define SHARED_PERIODS 30

/*
 * Shares a CPU with others, who get as little of it as their priority says, for so
 * many grace periods.
 */
static int sharer_thread(void *arg)
{
	struct occupier *occupier = arg;
	unsigned long cookie = start_poll_synchronize_rcu();
	unsigned int periods = 0;

	while (!READ_ONCE(occupier->stop) && periods < SHARED_PERIODS) {
		if (poll_state_synchronize_rcu(cookie)) {
			cookie = start_poll_synchronize_rcu();
			periods++;
		}
		cpu_relax();
		cond_resched();
	}
	complete(&occupier->done);
	return 0;
}

/*
 * Who has waited for lack of memory has taken others' pages along, and takes its
 * time to free what is in them.
 */
static void waits_for_pages_in_hand(struct kunit *test)
{
	/* More than all pages hold that a CPU may have at hand. */
	struct short_queuer queuer = { .nr = 8 * PAGEFUL };
	const struct sched_attr idle = { .size = sizeof(idle), .sched_policy = SCHED_IDLE };
	struct occupier sharer = {};
	struct counters before, now;
	struct task_struct *task, *other;
	unsigned int cpu;
	size_t i, queued, alive;
	bool waits;

	needs_shortage(test);
	cpu = stay_off_one_cpu(test);
	queuer.objects = canaries_new(test, queuer.nr, 4);
	init_completion(&queuer.done);
	init_completion(&sharer.done);
	rcu_headless_barrier();
	shortage_for_workers(test);
	counters_read(test, &before);
	task = kthread_create_on_cpu(short_queuer_thread, &queuer, cpu, "queuer/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	other = kthread_create_on_cpu(sharer_thread, &sharer, cpu, "sharer/%u");
	if (IS_ERR(other)) {
		kthread_stop(task);
		KUNIT_FAIL_AND_ABORT(test, "no sharer");
	}
	wake_up_process(task);
	waits = wait_until((counters_read(test, &now), now.fallbacks > before.fallbacks));
	/* It is asleep, or about to be. */
	sched_setattr_nocheck(task, &idle);
	wake_up_process(other);
	queued = READ_ONCE(queuer.queued);
	WRITE_ONCE(queuer.stop, true);
	rcu_headless_barrier();
	alive = canary_count_alive(queuer.objects, queued);
	WRITE_ONCE(sharer.stop, true);
	wait_for_completion(&sharer.done);
	wait_for_completion(&queuer.done);

	KUNIT_EXPECT_TRUE(test, waits);
	KUNIT_EXPECT_GT(test, queued, PAGEFUL);
	KUNIT_EXPECT_EQ(test, alive, 0);
	for (i = queuer.queued; i < queuer.nr; i++)
		kvfree_rcu_headless(queuer.objects[i]);
	rcu_headless_barrier();
}

static struct kunit_case barrier_cases[] = {
	KUNIT_CASE(waits_for_the_last_drain),
	KUNIT_CASE_SLOW(waits_for_pages_in_hand),
	{}
};

static struct kunit_suite barrier_suite = {
	.name = "rcu_headless_barrier",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = barrier_cases,
};

kunit_test_suite(barrier_suite);
