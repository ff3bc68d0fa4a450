// SPDX-License-Identifier: GPL-2.0
/* Many callers at once, on all CPUs. */
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/rcu_headless.h>

#include "fixture.h"

#define WORKERS_PER_CPU 2
#define MAX_WORKERS 16

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
	size_t i, nr = run_workers(test, workers, true);

	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, 0, workers[i].alive_after_barrier);
}

/* Queues on a CPU and takes it away. */
static long queue_all(void *arg)
{
	struct worker *worker = arg;

	kvfree_rcu_headless_bulk(worker->nr, worker->objects);
	return 0;
}

static void cpu_leaves_nothing_behind(struct kunit *test)
{
	unsigned int cpu = stay_off_one_cpu(test);
	struct worker worker = { .nr = 8 * (PAGEFUL / 4) };
	struct counters after;

	if (!IS_ENABLED(CONFIG_HOTPLUG_CPU))
		kunit_skip(test, "needs CPU hotplug");
	worker.objects = canaries_new(test, worker.nr, 6);
	KUNIT_ASSERT_EQ(test, 0, work_on_cpu(cpu, queue_all, &worker));
	KUNIT_ASSERT_EQ(test, 0, remove_cpu(cpu));
	/* Freed without a barrier while the CPU is gone, by another. */
	KUNIT_EXPECT_TRUE(test, wait_until(!canary_count_alive(worker.objects,
							       worker.nr)));
	KUNIT_ASSERT_EQ(test, 0, add_cpu(cpu));
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	KUNIT_EXPECT_EQ(test, after.pages_spare, after.pages_allocated);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

#define ROUNDS 3

/* Queues in all ways until it is told to stop; the objects are lost or freed. */
struct restless {
	bool stop;
	unsigned long nr, refused;
	struct completion done;
};

static int restless_thread(void *arg)
{
	struct restless *r = arg;
	void *objects[4];
	size_t i;

	while (!READ_ONCE(r->stop)) {
		for (i = 0; i < ARRAY_SIZE(objects); i++)
			objects[i] = canary_new(i ? CANARY_SLAB : CANARY_VMALLOC);
		kvfree_rcu_headless(objects[0]);
		kvfree_rcu_headless_bulk(2, objects + 1);
		if (!kvfree_rcu_headless_try(objects[3])) {
			kvfree(objects[3]);
			r->refused++;
		}
		r->nr += ARRAY_SIZE(objects);
		/* When there is one CPU left, those who free are to keep up. */
		schedule_timeout_uninterruptible(1);
	}
	complete(&r->done);
	return 0;
}

/* All CPUs but one go and come back while objects are queued on all of them. */
static void nothing_is_lost_as_cpus_go(struct kunit *test)
{
	struct counters before, after;
	struct restless *r;
	size_t i, started = 0, nr_cpus = num_online_cpus();
	unsigned int cpu, round;
	unsigned long nr = 0;

	if (!IS_ENABLED(CONFIG_HOTPLUG_CPU))
		kunit_skip(test, "needs CPU hotplug");
	r = kunit_kcalloc(test, nr_cpus, sizeof(*r), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, r);
	rcu_headless_barrier();
	counters_read(test, &before);
	for (i = 0; i < nr_cpus; i++) {
		struct task_struct *task;

		init_completion(&r[i].done);
		task = kthread_run(restless_thread, &r[i], "restless/%zu", i);
		if (IS_ERR(task))
			break;
		started++;
	}
	for (round = 0; round < ROUNDS; round++) {
		for (cpu = 1; cpu < nr_cpus; cpu++)
			KUNIT_EXPECT_EQ(test, 0, remove_cpu(cpu));
		rcu_headless_barrier();
		for (cpu = 1; cpu < nr_cpus; cpu++)
			KUNIT_EXPECT_EQ(test, 0, add_cpu(cpu));
	}
	for (i = 0; i < started; i++) {
		WRITE_ONCE(r[i].stop, true);
		wait_for_completion(&r[i].done);
		nr += r[i].nr - r[i].refused;
	}
	/* In time: without a barrier. */
	KUNIT_EXPECT_TRUE(test, wait_until((counters_read(test, &after),
					    after.parked == 0 && after.pending == 0)));
	KUNIT_EXPECT_EQ(test, counters_freed(&after) - counters_freed(&before), nr);
	KUNIT_EXPECT_EQ(test, started, nr_cpus);
	KUNIT_EXPECT_EQ(test, after.leaked, before.leaked);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

static struct kunit_case concurrency_cases[] = {
	KUNIT_CASE(all_cpus_at_once),
	KUNIT_CASE(many_barriers_at_once),
	KUNIT_CASE(cpu_leaves_nothing_behind),
	KUNIT_CASE_SLOW(nothing_is_lost_as_cpus_go),
	{}
};

static struct kunit_suite concurrency_suite = {
	.name = "rcu_headless_concurrency",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = concurrency_cases,
};

kunit_test_suite(concurrency_suite);
