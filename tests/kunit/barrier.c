// SPDX-License-Identifier: GPL-2.0
/* The barrier, when what it has to wait for takes its time. */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "fixture.h"

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
 * The CPU that has the objects queued gets round to nothing any more, but another
 * frees them.
 */
static void needs_no_particular_cpu(struct kunit *test)
{
	struct waiter waiter = { .nr = 8 };
	struct canary_reader reader = {};
	struct occupier occupier = {};
	struct counters before, now;
	unsigned int busy, reading = stay_off_one_cpu(test);
	struct task_struct *task;
	bool sealed, waited = false;
	int err;

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
	have_nothing_pending();
	counters_read(test, &before);
	task = make_under_reader(test, waiter_thread, &waiter, &reader, reading);
	work_on_cpu(busy, queue_all, &waiter);
	wake_up_process(task);
	sealed = wait_until((counters_read(test, &now),
			     now.grace_periods > before.grace_periods));
	err = occupy(&occupier, busy);
	canary_reader_stop(&reader);
	if (!err) {
		waited = wait_until(completion_done(&waiter.done));
		WRITE_ONCE(occupier.stop, true);
		wait_for_completion(&occupier.done);
	}
	wait_for_completion(&waiter.done);

	KUNIT_EXPECT_TRUE(test, sealed);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_TRUE(test, waited);
	KUNIT_EXPECT_EQ(test, reader.nr_lost, 0);
	KUNIT_EXPECT_EQ(test, waiter.alive, 0);
}

/* How often it is tried to come while pages are being emptied. */
#define TRIES 100

/*
 * Some pages are full and a grace period has passed for them: the work that frees
 * what is in them has begun, but isn't done.
 */
static void waits_for_pages_in_hand(struct kunit *test)
{
	/* vmalloc objects take the longest to free. */
	struct waiter waiter = { .nr = 4 * PAGEFUL };
	size_t tries = TRIES, alive_before = 0;
	bool begun = true;

	stay_off_one_cpu(test);
	while (begun && !alive_before && tries--) {
		unsigned long end = jiffies + EVENT_TIMEOUT;

		waiter.objects = canaries_new(test, waiter.nr, 0);
		rcu_headless_barrier();
		queue_all(&waiter);
		/*
		 * Without leaving this CPU to that work, nor keeping RCU waiting: all of it takes
		 * less time than it would be gone.
		 */
		do {
			preempt_disable();
			rcu_momentary_eqs();
			preempt_enable();
			begun = !canary_alive(waiter.objects[0]);
		} while (!begun && time_before(jiffies, end));
		/* The last are in a page that isn't full. */
		alive_before = canary_count_alive(waiter.objects, 3 * (PAGEFUL - 16));
		rcu_headless_barrier();
		waiter.alive = canary_count_alive(waiter.objects, waiter.nr);
		KUNIT_EXPECT_EQ(test, waiter.alive, 0);
	}

	KUNIT_EXPECT_TRUE(test, begun);
	KUNIT_EXPECT_GT(test, alive_before, 0);
}

/* Of these a hundred take more than a MiB. */
#define FLOOD_BYTES (16 << 10)

/* Queues objects as fast as it can make them. */
struct flood {
	struct completion done;
	bool stop;
};

static int flood_thread(void *arg)
{
	struct flood *flood = arg;

	while (!READ_ONCE(flood->stop)) {
		void *object = kmalloc(FLOOD_BYTES, GFP_KERNEL);

		if (object)
			kvfree_rcu_headless(object);
		cond_resched();
	}
	complete(&flood->done);
	return 0;
}

/* What others queue after it was called, on and on, is nothing that it waits for. */
static void ends_while_others_queue(struct kunit *test)
{
	struct flood flood = {};
	struct barrier_caller caller;
	struct counters before, now;
	struct task_struct *task;
	bool flows, returned;
	int err;

	/* Soon more waits than may. */
	parameter_set(test, PARAMETER_PENDING_MIB, "1");
	init_completion(&flood.done);
	counters_read(test, &before);
	task = kthread_run(flood_thread, &flood, "flood");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	flows = wait_until((counters_read(test, &now), now.held_back > before.held_back));
	err = barrier_caller_start(&caller);
	returned = !err && wait_until(completion_done(&caller.done));
	WRITE_ONCE(flood.stop, true);
	wait_for_completion(&flood.done);
	if (!err)
		wait_for_completion(&caller.done);

	KUNIT_EXPECT_TRUE(test, flows);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_TRUE(test, returned);
	rcu_headless_barrier();
}

#define TRICKLE_MOST 2000

struct trickle {
	/* Made before: a new one may be where one was that has just been freed. */
	void **objects;
	struct watched watched[TRICKLE_MOST];
	size_t nr;
	struct completion done;
	bool stop;
};

/* One object after the other, a tick apart. */
static int trickle_thread(void *arg)
{
	struct trickle *trickle = arg;
	size_t i;

	for (i = 0; i < TRICKLE_MOST && !READ_ONCE(trickle->stop); i++) {
		struct watched *w = &trickle->watched[i];

		w->object = trickle->objects[i];
		get_state_synchronize_rcu_full(&w->queued_after);
		kvfree_rcu_headless(w->object);
		/* After what it says is there: trickle_early(). */
		smp_store_release(&trickle->nr, i + 1);
		schedule_timeout_uninterruptible(1);
	}
	complete(&trickle->done);
	return 0;
}

static size_t trickle_early(const struct trickle *trickle)
{
	size_t i, early = 0;

	/* Before that is looked at: trickle_thread(). */
	i = smp_load_acquire(&trickle->nr);
	while (i--)
		early += freed_too_early(&trickle->watched[i]);
	return early;
}

#define TRICKLE_ROUNDS 10

/*
 * Others add to the page that it waits for: they get no page of their own where too much
 * waits. So it must wait once more, and what was added has to wait for that.
 */
static void waits_for_a_page_that_grows(struct kunit *test)
{
	size_t i, alive = 0, early = 0;
	struct task_struct *task;
	struct trickle *trickle;
	void **objects;

	stay_off_one_cpu(test);
	objects = canaries_new(test, TRICKLE_ROUNDS, 8);
	/* Nobody else has it sealed. */
	parameter_set(test, PARAMETER_DRAIN_DELAY_MS, "10000");
	parameter_set(test, PARAMETER_PENDING_MIB, "1");
	trickle = kunit_kzalloc(test, sizeof(*trickle), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, trickle);
	trickle->objects = canaries_new(test, TRICKLE_MOST, 8);
	init_completion(&trickle->done);
	task = kthread_create_on_cpu(trickle_thread, trickle, raw_smp_processor_id(),
				     "trickle/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wake_up_process(task);
	for (i = 0; i < TRICKLE_ROUNDS; i++) {
		kvfree_rcu_headless(vmalloc(SZ_2M));
		kvfree_rcu_headless(objects[i]);
		rcu_headless_barrier();
		early += trickle_early(trickle);
		alive += canary_alive(objects[i]);
	}
	WRITE_ONCE(trickle->stop, true);
	wait_for_completion(&trickle->done);
	for (i = trickle->nr; i < TRICKLE_MOST; i++)
		kvfree_rcu_headless(trickle->objects[i]);
	rcu_headless_barrier();
	KUNIT_EXPECT_EQ(test, alive, 0);
	KUNIT_EXPECT_EQ(test, early, 0);
}

static struct kunit_case barrier_cases[] = {
	KUNIT_CASE(waits_for_a_page_that_grows),
	KUNIT_CASE(ends_while_others_queue),
	KUNIT_CASE(needs_no_particular_cpu),
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
