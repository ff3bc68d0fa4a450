// SPDX-License-Identifier: GPL-2.0
/* Reserves: how much room there is, and what happens when there is none. */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/rcu_headless.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>

#include "faults.h"
#include "fixture.h"

/* A reserve of some size. */
#define SOME 256

/* More allocations than are made for a reserve. */
#define MANY_FAULTS 16

static noinline void overruns(struct rcu_headless_reserve *r, void *object)
{
	kvfree_rcu_headless_reserved(r, object);
	barrier();
}

/* One more than there is room for is reported, and freed all the same. */
static void overrun_is_reported(struct kunit *test)
{
	void **objects = canaries_new(test, SOME + 1, 8);
	struct rcu_headless_reserve r = {};
	struct counters before, after;
	size_t i;

	KUNIT_ASSERT_EQ(test, 0, rcu_headless_reserve(&r, SOME, GFP_KERNEL));
	rcu_headless_barrier();
	counters_read(test, &before);
	report_expected("more objects freed than the reserve has room for", "overruns");
	/* Nobody can make room meanwhile. */
	local_irq_disable();
	for (i = 0; i < SOME; i++)
		kvfree_rcu_headless_reserved(&r, objects[i]);
	overruns(&r, objects[SOME]);
	local_irq_enable();
	report_expected_end();
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, after.misuse_reserve, before.misuse_reserve + 1);
	KUNIT_EXPECT_EQ(test, after.reserved, before.reserved + SOME);
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, SOME + 1), 0);
	KUNIT_EXPECT_EQ(test, after.leaked, before.leaked);
	rcu_headless_unreserve(&r);
}

/* After each call there is room for what was asked for, all at once. */
static void reserve_can_be_topped_up(struct kunit *test)
{
	static const size_t sizes[] = { 1, 100, 100, 7, 1000, 1, 3000 };
	struct rcu_headless_reserve r = {};
	struct counters before, after;
	size_t i, j, nr = 0;

	rcu_headless_barrier();
	counters_read(test, &before);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void **objects = canaries_new(test, sizes[i], 8);

		KUNIT_ASSERT_EQ(test, 0, rcu_headless_reserve(&r, sizes[i], GFP_KERNEL));
		local_irq_disable();
		for (j = 0; j < sizes[i]; j++)
			kvfree_rcu_headless_reserved(&r, objects[j]);
		local_irq_enable();
		nr += sizes[i];
	}
	/* With pointers in it. */
	rcu_headless_unreserve(&r);
	rcu_headless_unreserve(&r);
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, after.misuse_reserve, before.misuse_reserve);
	KUNIT_EXPECT_EQ(test, after.reserved - before.reserved, nr);
	KUNIT_EXPECT_EQ(test, counters_freed(&after) - counters_freed(&before), nr);
	KUNIT_EXPECT_EQ(test, after.parked, 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

/* What can't be had is refused, and what was there stays. */
static void reserve_is_bounded(struct kunit *test)
{
	void **objects = canaries_new(test, 1, 8);
	struct rcu_headless_reserve r = {};
	struct counters before, after;

	KUNIT_ASSERT_EQ(test, 0, rcu_headless_reserve(&r, 1, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -EINVAL, rcu_headless_reserve(&r, RCU_HEADLESS_RESERVE_MAX + 1,
							    GFP_KERNEL));
	counters_read(test, &before);
	kvfree_rcu_headless_reserved(&r, objects[0]);
	rcu_headless_unreserve(&r);
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, after.reserved, before.reserved + 1);
	KUNIT_EXPECT_FALSE(test, canary_alive(objects[0]));
}

/*
 * Whichever allocation fails, the call says so, and what was there stays: the
 * one place that there was can still be relied on.
 */
static void reserve_without_memory(struct kunit *test)
{
	struct rcu_headless_reserve r = {}, none = {};
	struct counters before, after;
	size_t nth, used = 0, refused = 0;
	void **objects;

	needs_faults(test);
	objects = canaries_new(test, MANY_FAULTS, 8);
	KUNIT_ASSERT_EQ(test, 0, rcu_headless_reserve(&r, 1, GFP_KERNEL));
	rcu_headless_barrier();
	counters_read(test, &before);
	for (nth = 1; nth <= MANY_FAULTS; nth++) {
		int err_first, err_more;
		bool failed_first, failed_more;

		fault_begin(nth);
		err_first = rcu_headless_reserve(&none, 1, GFP_KERNEL);
		failed_first = fault_end();
		fault_begin(nth);
		err_more = rcu_headless_reserve(&r, 2, GFP_KERNEL);
		failed_more = fault_end();
		/* The kernel's debugging can do without what it doesn't get. */
		KUNIT_EXPECT_TRUE(test, !err_first || (failed_first && err_first == -ENOMEM));
		KUNIT_EXPECT_TRUE(test, !err_more || (failed_more && err_more == -ENOMEM));
		refused += !!err_first + !!err_more;
		kvfree_rcu_headless_reserved(&r, objects[used++]);
		rcu_headless_barrier();
		if (!failed_first && !failed_more)
			break;
	}
	counters_read(test, &after);
	/* Once for each of the two, at least; and at last both succeed. */
	KUNIT_EXPECT_GE(test, refused, 2);
	KUNIT_EXPECT_LE(test, nth, MANY_FAULTS);
	KUNIT_EXPECT_EQ(test, after.misuse_reserve, before.misuse_reserve);
	KUNIT_EXPECT_EQ(test, after.reserved, before.reserved + used);
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, used), 0);
	rcu_headless_unreserve(&none);
	rcu_headless_unreserve(&r);
	kvfree_rcu_headless_bulk(MANY_FAULTS - used, objects + used);
}

struct crowd {
	struct rcu_headless_reserve *reserve;
	void **objects;
	size_t nr;
	struct completion done;
};

static int crowd_thread(void *arg)
{
	struct crowd *c = arg;
	size_t i;

	for (i = 0; i < c->nr; i++)
		kvfree_rcu_headless_reserved(c->reserve, c->objects[i]);
	complete(&c->done);
	return 0;
}

#define CROWD 6

/* One reserve, used by all CPUs at once and enlarged meanwhile, fails none. */
static void reserve_is_for_all_cpus(struct kunit *test)
{
	struct rcu_headless_reserve r = {};
	struct crowd crowd[CROWD] = {};
	struct counters before, after;
	size_t i, started = 0, nr = 2 * PAGEFUL;
	int err;

	for (i = 0; i < CROWD; i++) {
		crowd[i].reserve = &r;
		crowd[i].nr = nr;
		crowd[i].objects = canaries_new(test, nr, 7);
		init_completion(&crowd[i].done);
	}
	rcu_headless_barrier();
	counters_read(test, &before);
	KUNIT_ASSERT_EQ(test, 0, rcu_headless_reserve(&r, CROWD * nr, GFP_KERNEL));
	for (i = 0; i < CROWD; i++) {
		struct task_struct *task = kthread_run(crowd_thread, &crowd[i], "crowd/%zu", i);

		if (IS_ERR(task))
			break;
		started++;
	}
	err = rcu_headless_reserve(&r, RCU_HEADLESS_RESERVE_MAX, GFP_KERNEL);
	for (i = 0; i < started; i++)
		wait_for_completion(&crowd[i].done);
	rcu_headless_unreserve(&r);
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, started, CROWD);
	for (i = 0; i < started; i++)
		KUNIT_EXPECT_EQ(test, 0, canary_count_alive(crowd[i].objects, nr));
	KUNIT_EXPECT_EQ(test, after.reserved - before.reserved, started * nr);
	KUNIT_EXPECT_EQ(test, after.misuse_reserve, before.misuse_reserve);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

/* As a file system's, which is taken while memory is reclaimed. */
static DEFINE_MUTEX(reclaimed);

/*
 * Those who hold what reclaim may need say GFP_NOFS, others say GFP_KERNEL: the second don't
 * keep the first waiting for memory. Lockdep sees it in one round, in either order.
 */
static void reserve_under_lock_of_reclaim(struct kunit *test)
{
	/* A new one; one with something in it; a larger one in its place. */
	static const size_t sizes[] = { SOME, SOME, 2 * SOME };
	void **objects = canaries_new(test, ARRAY_SIZE(sizes) + 1, 4);
	struct rcu_headless_reserve r = {}, other = {};
	int i, err[ARRAY_SIZE(sizes)], err_other;

	fs_reclaim_acquire(GFP_KERNEL);
	mutex_lock(&reclaimed);
	mutex_unlock(&reclaimed);
	fs_reclaim_release(GFP_KERNEL);

	err_other = rcu_headless_reserve(&other, SOME, GFP_KERNEL);
	mutex_lock(&reclaimed);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		err[i] = rcu_headless_reserve(&r, sizes[i], GFP_NOFS);
		kvfree_rcu_headless_reserved(&r, objects[i]);
	}
	kvfree_rcu_headless(objects[i]);
	rcu_headless_unreserve(&r);
	rcu_headless_barrier();
	mutex_unlock(&reclaimed);
	rcu_headless_unreserve(&other);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_EQ(test, err[i], 0);
	KUNIT_EXPECT_EQ(test, err_other, 0);
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, ARRAY_SIZE(sizes) + 1), 0);
}

struct reserver {
	struct rcu_headless_reserve reserve;
	size_t nr;
	int err;
	struct completion done;
};

static int reserver_thread(void *arg)
{
	struct reserver *r = arg;

	r->err = rcu_headless_reserve(&r->reserve, r->nr, GFP_KERNEL);
	complete(&r->done);
	return 0;
}

/* Who waits for the readers of a reserve that has grown keeps nobody waiting for another. */
static void reserve_beside_one_that_grows(struct kunit *test)
{
	struct reserver grows = { .nr = 2 * SOME }, other = { .nr = SOME };
	unsigned int cpu = stay_off_one_cpu(test);
	struct canary_reader reader = {};
	struct task_struct *task, *beside;
	bool waits, returns, done;

	KUNIT_ASSERT_EQ(test, 0, rcu_headless_reserve(&grows.reserve, SOME, GFP_KERNEL));
	init_completion(&grows.done);
	init_completion(&other.done);
	beside = kthread_create_on_cpu(reserver_thread, &other,
				       cpumask_first(cpu_online_mask), "beside/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(beside));
	task = make_under_reader(test, reserver_thread, &grows, &reader, cpu);
	get_task_struct(task);
	wake_up_process(task);
	waits = wait_until(READ_ONCE(task->__state) == TASK_UNINTERRUPTIBLE);
	wake_up_process(beside);
	returns = wait_until(completion_done(&other.done));
	done = completion_done(&grows.done);
	canary_reader_stop(&reader);
	wait_for_completion(&grows.done);
	wait_for_completion(&other.done);
	put_task_struct(task);
	rcu_headless_unreserve(&grows.reserve);
	rcu_headless_unreserve(&other.reserve);
	KUNIT_EXPECT_TRUE(test, waits);
	KUNIT_EXPECT_FALSE(test, done);
	KUNIT_EXPECT_TRUE(test, returns);
	KUNIT_EXPECT_EQ(test, grows.err, 0);
	KUNIT_EXPECT_EQ(test, other.err, 0);
}

static struct kunit_case reserve_cases[] = {
	KUNIT_CASE(overrun_is_reported),
	KUNIT_CASE(reserve_can_be_topped_up),
	KUNIT_CASE(reserve_is_bounded),
	KUNIT_CASE(reserve_without_memory),
	KUNIT_CASE(reserve_under_lock_of_reclaim),
	KUNIT_CASE(reserve_beside_one_that_grows),
	KUNIT_CASE_SLOW(reserve_is_for_all_cpus),
	{}
};

static struct kunit_suite reserve_suite = {
	.name = "rcu_headless_reserve",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = reserve_cases,
};

kunit_test_suite(reserve_suite);
