// SPDX-License-Identifier: GPL-2.0
/* CPUs that go and come back, with objects queued on them. */
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/rcu_headless.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "fixture.h"

static void needs_hotplug(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_HOTPLUG_CPU))
		kunit_skip(test, "needs CPU hotplug");
}

struct lot {
	void **objects;
	size_t nr;
};

static long queue_lot(void *arg)
{
	struct lot *lot = arg;

	kvfree_rcu_headless_bulk(lot->nr, lot->objects);
	return 0;
}

static void cpu_leaves_nothing_behind(struct kunit *test)
{
	unsigned int cpu = stay_off_one_cpu(test);
	struct lot lot = { .nr = 8 * (PAGEFUL / 4) };
	struct counters after;

	needs_hotplug(test);
	lot.objects = canaries_new(test, lot.nr, 6);
	KUNIT_ASSERT_EQ(test, 0, work_on_cpu(cpu, queue_lot, &lot));
	KUNIT_ASSERT_EQ(test, 0, remove_cpu(cpu));
	/* Freed without a barrier while the CPU is gone, by another. */
	KUNIT_EXPECT_TRUE(test, wait_until(!canary_count_alive(lot.objects, lot.nr)));
	KUNIT_ASSERT_EQ(test, 0, add_cpu(cpu));
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	KUNIT_EXPECT_EQ(test, after.pages_spare, after.pages_allocated);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

/* What a CPU has taken in atomic context goes on as well. */
static long try_lot(void *arg)
{
	struct lot *lot = arg;
	size_t i;

	for (i = 0; i < lot->nr; i++)
		if (!kvfree_rcu_headless_try(lot->objects[i]))
			break;
	return i;
}

static void cpu_leaves_no_inbox_behind(struct kunit *test)
{
	unsigned int cpu = stay_off_one_cpu(test);
	/* As many as are taken before a task gets to run. */
	struct lot lot = { .nr = 256 };
	struct counters after;

	needs_hotplug(test);
	lot.objects = canaries_new(test, lot.nr, 8);
	KUNIT_ASSERT_EQ(test, lot.nr, work_on_cpu(cpu, try_lot, &lot));
	KUNIT_ASSERT_EQ(test, 0, remove_cpu(cpu));
	KUNIT_EXPECT_TRUE(test, wait_until(!canary_count_alive(lot.objects, lot.nr)));
	KUNIT_ASSERT_EQ(test, 0, add_cpu(cpu));
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, after.parked, 0);
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

/* A step on the way down, after the last interrupt, that no machine of ours has a use for. */
#define LATE CPUHP_AP_JCORE_TIMER_STARTING

static struct {
	struct rcu_headless_reserve reserve;
	void **objects;
	bool taken;
} late;

static int frees_late(unsigned int cpu)
{
	late.taken = kvfree_rcu_headless_try(late.objects[0]);
	kvfree_rcu_headless_reserved(&late.reserve, late.objects[1]);
	return 0;
}

/* What comes when the CPU takes no interrupt any more needs none. */
static void cpu_frees_on_its_way_down(struct kunit *test)
{
	unsigned int cpu = stay_off_one_cpu(test);
	int err, err_back;
	bool freed;

	needs_hotplug(test);
	late.objects = canaries_new(test, 2, 8);
	late.taken = false;
	KUNIT_ASSERT_EQ(test, 0, rcu_headless_reserve(&late.reserve, 1, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, cpuhp_setup_state_nocalls(LATE, "rcu_headless_kunit:late",
							   NULL, frees_late));
	err = remove_cpu(cpu);
	cpuhp_remove_state_nocalls(LATE);
	/* While the CPU is gone. */
	freed = wait_until(!canary_count_alive(late.objects, 2));
	err_back = add_cpu(cpu);
	rcu_headless_unreserve(&late.reserve);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, err_back, 0);
	KUNIT_EXPECT_TRUE(test, late.taken);
	KUNIT_EXPECT_TRUE(test, freed);
}

static struct {
	void *object;
	bool alive;
} waited;

static int waits_for_all(unsigned int cpu)
{
	kvfree_rcu_headless(waited.object);
	rcu_headless_barrier();
	waited.alive = canary_alive(waited.object);
	return 0;
}

/* Nor does the barrier wait for the CPUs to stay as they are: who changes them may call it. */
static void barrier_while_cpus_change(struct kunit *test)
{
	unsigned int cpu = stay_off_one_cpu(test);
	int state, err, err_back;
	void **objects;

	needs_hotplug(test);
	objects = canaries_new(test, 1, 8);
	waited.object = objects[0];
	waited.alive = true;
	state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "rcu_headless_kunit:waits",
					  waits_for_all, NULL);
	KUNIT_ASSERT_GT(test, state, 0);
	err = remove_cpu(cpu);
	err_back = add_cpu(cpu);
	cpuhp_remove_state_nocalls(state);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, err_back, 0);
	KUNIT_EXPECT_FALSE(test, waited.alive);
}

/* How often a CPU goes, at least. */
#define CYCLES 6

#define NOWHERE UINT_MAX

/* Queues in all ways until it is told to stop. */
struct restless {
	/* The CPU that it stays on while there is one, or NOWHERE. */
	unsigned int cpu;
	bool stop;
	unsigned long nr, refused, barriers;
	struct completion done;
};

static void restless_round(struct restless *r)
{
	void *objects[4];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		objects[i] = canary_new(i ? CANARY_SLAB : CANARY_VMALLOC);
		r->nr += !!objects[i];
	}
	kvfree_rcu_headless(objects[0]);
	kvfree_rcu_headless_bulk(2, objects + 1);
	if (!kvfree_rcu_headless_try(objects[3])) {
		kvfree(objects[3]);
		r->refused++;
	}
}

static int restless_thread(void *arg)
{
	struct restless *r = arg;
	unsigned long start;

	while (!READ_ONCE(r->stop)) {
		/*
		 * Elsewhere while it is gone, and back when it is. Not on
		 * PREEMPT_RT, where the scheduler warns when a task is pushed off
		 * its CPU while an allocator has its migration disabled.
		 */
		if (r->cpu != NOWHERE && !IS_ENABLED(CONFIG_PREEMPT_RT))
			set_cpus_allowed_ptr(current, cpumask_of(r->cpu));
		start = jiffies;
		restless_round(r);
		/*
		 * When there is one CPU left, those who free are to keep up, however
		 * slow it is: half of it is theirs.
		 */
		schedule_timeout_uninterruptible(1 + jiffies - start);
	}
	complete(&r->done);
	return 0;
}

/* Waits for everybody, over and over, while CPUs come and go. */
static int barrier_thread(void *arg)
{
	struct restless *r = arg;

	while (!READ_ONCE(r->stop)) {
		rcu_headless_barrier();
		r->barriers++;
	}
	complete(&r->done);
	return 0;
}

static bool restless_start(struct restless *r, unsigned int cpu, int (*thread)(void *))
{
	struct task_struct *task;

	r->cpu = cpu;
	init_completion(&r->done);
	task = kthread_run(thread, r, "restless/%d", (int)cpu);
	return !IS_ERR(task);
}

/* All CPUs but one go, in turn or together, and come back. Returns how many went. */
static unsigned int cycle_cpus(struct kunit *test, unsigned int nr_cpus, bool together)
{
	unsigned int cpu, went = 0;

	for (cpu = 1; cpu < nr_cpus; cpu++) {
		KUNIT_EXPECT_EQ(test, 0, remove_cpu(cpu));
		went++;
		if (!together)
			KUNIT_EXPECT_EQ(test, 0, add_cpu(cpu));
	}
	for (cpu = 1; cpu < nr_cpus && together; cpu++)
		KUNIT_EXPECT_EQ(test, 0, add_cpu(cpu));
	return went;
}

static void nothing_is_lost_as_cpus_go(struct kunit *test)
{
	unsigned int nr_cpus = num_online_cpus(), cycles = 0, round = 0;
	/* One on each CPU, as many anywhere, and one for the barrier. */
	size_t i, started = 0, nr_threads = 2 * nr_cpus + 1;
	struct counters before, after;
	struct restless *r;
	unsigned long nr = 0;

	needs_hotplug(test);
	if (nr_cpus < 2)
		kunit_skip(test, "needs two CPUs");
	r = kunit_kcalloc(test, nr_threads, sizeof(*r), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, r);
	rcu_headless_barrier();
	counters_read(test, &before);
	for (i = 0; i < nr_threads; i++) {
		bool last = i == nr_threads - 1;

		if (!restless_start(&r[i], i < nr_cpus ? i : NOWHERE,
				    last ? barrier_thread : restless_thread))
			break;
		started++;
	}
	while (cycles < CYCLES)
		cycles += cycle_cpus(test, nr_cpus, round++ % 2);
	for (i = 0; i < started; i++)
		WRITE_ONCE(r[i].stop, true);
	for (i = 0; i < started; i++) {
		wait_for_completion(&r[i].done);
		nr += r[i].nr - r[i].refused;
	}
	/* In time: without a barrier from here on. */
	KUNIT_EXPECT_TRUE(test, wait_until((counters_read(test, &after),
					    after.parked == 0 && after.pending == 0)));
	KUNIT_ASSERT_EQ(test, started, nr_threads);
	KUNIT_EXPECT_GT(test, r[started - 1].barriers, 0);
	KUNIT_EXPECT_EQ(test, counters_freed(&after) - counters_freed(&before), nr);
	KUNIT_EXPECT_EQ(test, after.leaked, before.leaked);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

static struct kunit_case hotplug_cases[] = {
	KUNIT_CASE(cpu_leaves_nothing_behind),
	KUNIT_CASE(cpu_leaves_no_inbox_behind),
	KUNIT_CASE(cpu_frees_on_its_way_down),
	KUNIT_CASE(barrier_while_cpus_change),
	KUNIT_CASE_SLOW(nothing_is_lost_as_cpus_go),
	{}
};

static struct kunit_suite hotplug_suite = {
	.name = "rcu_headless_hotplug",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = hotplug_cases,
};

kunit_test_suite(hotplug_suite);
