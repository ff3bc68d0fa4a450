// SPDX-License-Identifier: GPL-2.0
/* Many callers at once, on all CPUs. */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/rcu_headless.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "fixture.h"

#define WORKERS_PER_CPU 2
#define MAX_WORKERS 16

/* Barriers get into each other's way once in a hundred rounds or so. */
#define BARRIER_ROUNDS 4

struct worker {
	void **objects;
	size_t nr;
	size_t alive_after_barrier;
	bool bulk, barrier;
	struct completion *start;
	struct completion done;
};

static int worker_thread(void *arg)
{
	struct worker *worker = arg;
	size_t i;

	wait_for_completion(worker->start);
	if (worker->bulk)
		kvfree_rcu_headless_bulk(worker->nr, worker->objects);
	for (i = 0; i < worker->nr && !worker->bulk; i++) {
		kvfree_rcu_headless(worker->objects[i]);
		cond_resched();
	}
	if (worker->barrier) {
		rcu_headless_barrier();
		worker->alive_after_barrier =
			canary_count_alive(worker->objects, worker->nr);
	}
	complete(&worker->done);
	return 0;
}

/* Starts all workers, spread over the CPUs, at once, and waits for them. */
static size_t run_workers(struct kunit *test, struct worker *workers, bool barrier)
{
	DECLARE_COMPLETION_ONSTACK(start);
	size_t i, nr = min_t(size_t, MAX_WORKERS,
			     WORKERS_PER_CPU * num_online_cpus());
	unsigned int cpu = cpumask_first(cpu_online_mask);
	size_t started = 0;

	for (i = 0; i < nr; i++) {
		workers[i].nr = 8 * (PAGEFUL / 4);
		workers[i].objects = canaries_new(test, workers[i].nr, 7);
		workers[i].bulk = i % 3 == 0;
		workers[i].barrier = barrier;
		workers[i].start = &start;
		init_completion(&workers[i].done);
	}
	for (i = 0; i < nr; i++) {
		struct task_struct *task;

		task = kthread_create_on_cpu(worker_thread, &workers[i], cpu,
					     "rcu_headless_test/%u");
		if (IS_ERR(task))
			break;
		wake_up_process(task);
		started++;
		cpu = cpumask_next_wrap(cpu, cpu_online_mask);
	}
	complete_all(&start);
	for (i = 0; i < started; i++)
		wait_for_completion(&workers[i].done);
	KUNIT_ASSERT_EQ(test, started, nr);
	return nr;
}

static struct worker *new_workers(struct kunit *test)
{
	struct worker *workers;

	workers = kunit_kcalloc(test, MAX_WORKERS, sizeof(*workers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, workers);
	return workers;
}

static void all_cpus_at_once(struct kunit *test)
{
	struct worker *workers = new_workers(test);
	struct counters before, after;
	size_t i, nr, objects = 0;

	rcu_headless_barrier();
	counters_read(test, &before);
	nr = run_workers(test, workers, false);
	rcu_headless_barrier();
	counters_read(test, &after);

	for (i = 0; i < nr; i++) {
		objects += workers[i].nr;
		KUNIT_EXPECT_EQ(test, 0, canary_count_alive(workers[i].objects,
							    workers[i].nr));
	}
	KUNIT_EXPECT_EQ(test, counters_freed(&after) - counters_freed(&before),
			objects);
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	KUNIT_EXPECT_EQ(test, after.pages_in_use, 0);
	KUNIT_EXPECT_EQ(test, after.pages_spare, after.pages_allocated);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

/* Each caller's barrier covers its own objects, whoever else waits. */
static void many_barriers_at_once(struct kunit *test)
{
	struct worker *workers = new_workers(test);
	int round;

	for (round = 0; round < BARRIER_ROUNDS; round++) {
		size_t i, nr = run_workers(test, workers, true);

		for (i = 0; i < nr; i++)
			KUNIT_ASSERT_EQ(test, 0, workers[i].alive_after_barrier);
	}
}

/* How often a task is preempted at least, in the middle of whatever it does. */
#define INTRUSIONS 1000

struct intruder {
	unsigned long nr;
	bool stop;
	struct completion done;
};

/*
 * Ahead of other tasks of its CPU, to which it leaves most of the time however slow
 * the kernel is, since what waits for them would never end. What it takes from them
 * is all that isn't the sleep that it asked for: being woken costs more than the call.
 */
static int intruder_thread(void *arg)
{
	struct intruder *intruder = arg;
	ktime_t begin = ktime_get();
	s64 sleep = 0;

	sched_set_fifo(current);
	while (!READ_ONCE(intruder->stop)) {
		void *object = kmalloc(8, GFP_KERNEL);
		ktime_t now;

		/* No canary: that could get the place of one that is gone. */
		WRITE_ONCE(intruder->nr, intruder->nr + !!object);
		kfree_rcu_headless(object);
		now = ktime_get();
		sleep = 10 + 4 * (ktime_us_delta(now, begin) - sleep);
		begin = now;
		usleep_range(sleep, sleep + 10);
	}
	complete(&intruder->done);
	return 0;
}

/* A task that is preempted by one that queues on the same CPU loses nothing. */
static void preempted_anywhere(struct kunit *test)
{
	struct intruder intruder = {};
	struct counters before, after;
	size_t nr = 8 * PAGEFUL, queued = 0, alive = 0;
	struct task_struct *task;

	if (!IS_ENABLED(CONFIG_PREEMPTION))
		kunit_skip(test, "needs preemption");
	stay_off_one_cpu(test);
	init_completion(&intruder.done);
	rcu_headless_barrier();
	counters_read(test, &before);
	task = kthread_create_on_cpu(intruder_thread, &intruder,
				     cpumask_first(cpu_online_mask), "intruder/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wake_up_process(task);
	while (READ_ONCE(intruder.nr) < INTRUSIONS && !alive) {
		void **objects = canaries_new(test, nr, 8);

		kvfree_rcu_headless_bulk(nr, objects);
		queued += nr;
		rcu_headless_barrier();
		alive = canary_count_alive(objects, nr);
	}
	WRITE_ONCE(intruder.stop, true);
	wait_for_completion(&intruder.done);
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, alive, 0);
	KUNIT_EXPECT_EQ(test, counters_freed(&after) - counters_freed(&before),
			queued + intruder.nr);
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

static struct kunit_case concurrency_cases[] = {
	KUNIT_CASE(all_cpus_at_once),
	KUNIT_CASE(many_barriers_at_once),
	KUNIT_CASE_SLOW(preempted_anywhere),
	{}
};

static struct kunit_suite concurrency_suite = {
	.name = "rcu_headless_concurrency",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = concurrency_cases,
};

kunit_test_suite(concurrency_suite);
