// SPDX-License-Identifier: GPL-2.0
/* Frees where nothing may wait: in interrupts, under locks, without memory. */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/rcu_headless.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "faults.h"
#include "fixture.h"

/* As many as every CPU takes at once without a reserve. */
#define SOME 256

struct atomic_free {
	struct hrtimer timer;
	struct rcu_headless_reserve reserve;
	bool reserved;
	void **objects;
	size_t nr;
	/* What came of it. */
	size_t taken;
	bool in_place;
	struct completion done;
};

/* By a reserve or by the call that may refuse. */
static void free_them(struct atomic_free *f)
{
	size_t i;

	for (i = 0; i < f->nr; i++) {
		if (f->reserved) {
			kvfree_rcu_headless_reserved(&f->reserve, f->objects[i]);
			f->taken++;
		} else {
			f->taken += kvfree_rcu_headless_try(f->objects[i]);
		}
	}
}

static void in_process(struct atomic_free *f)
{
	f->in_place = preemptible();
	free_them(f);
}

static void under_raw_spinlock(struct atomic_free *f)
{
	static DEFINE_RAW_SPINLOCK(lock);
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	f->in_place = irqs_disabled();
	free_them(f);
	raw_spin_unlock_irqrestore(&lock, flags);
}

static void under_spinlock(struct atomic_free *f)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	f->in_place = true;
	free_them(f);
	spin_unlock(&lock);
}

static enum hrtimer_restart hard_timer(struct hrtimer *timer)
{
	struct atomic_free *f = container_of(timer, struct atomic_free, timer);

	f->in_place = in_hardirq();
	free_them(f);
	complete(&f->done);
	return HRTIMER_NORESTART;
}

static enum hrtimer_restart soft_timer(struct hrtimer *timer)
{
	struct atomic_free *f = container_of(timer, struct atomic_free, timer);

	f->in_place = in_serving_softirq();
	free_them(f);
	complete(&f->done);
	return HRTIMER_NORESTART;
}

static void by_timer(struct atomic_free *f, enum hrtimer_mode mode,
		     enum hrtimer_restart (*function)(struct hrtimer *timer))
{
	init_completion(&f->done);
	hrtimer_setup_on_stack(&f->timer, function, CLOCK_MONOTONIC, mode);
	hrtimer_start(&f->timer, ns_to_ktime(NSEC_PER_USEC), mode);
	wait_for_completion(&f->done);
	hrtimer_cancel(&f->timer);
	destroy_hrtimer_on_stack(&f->timer);
}

static void in_hardirq_context(struct atomic_free *f)
{
	by_timer(f, HRTIMER_MODE_REL_HARD, hard_timer);
}

static void in_softirq_context(struct atomic_free *f)
{
	by_timer(f, HRTIMER_MODE_REL_SOFT, soft_timer);
}

/*
 * Without memory, under a reader's eyes: all are taken, none is freed before the
 * reader has left, all are freed by a barrier, and nothing was allocated.
 */
static void frees_in(struct kunit *test, bool reserved, void (*place)(struct atomic_free *f))
{
	struct atomic_free f = { .nr = SOME, .reserved = reserved };
	struct canary_reader reader = {};
	struct counters before, during, after;
	unsigned int cpu = stay_off_one_cpu(test);
	bool queued;

	needs_shortage(test);
	f.objects = canaries_new(test, f.nr, 5);
	if (reserved)
		KUNIT_ASSERT_EQ(test, 0, rcu_headless_reserve(&f.reserve, f.nr, GFP_KERNEL));
	reader.objects = f.objects;
	reader.nr = f.nr;
	rcu_headless_barrier();
	shortage_for_workers(test);
	counters_read(test, &before);
	KUNIT_ASSERT_EQ(test, 0, canary_reader_start(&reader, cpu));
	shortage_here(true);
	place(&f);
	shortage_here(false);
	/* A worker has queued them, and there the reader holds them back. */
	queued = wait_until((counters_read(test, &during),
			     during.parked == 0 && during.pending >= SOME));
	canary_reader_stop(&reader);
	rcu_headless_barrier();
	counters_read(test, &after);

	KUNIT_EXPECT_TRUE(test, f.in_place);
	KUNIT_EXPECT_EQ(test, f.taken, f.nr);
	KUNIT_EXPECT_TRUE(test, queued);
	KUNIT_EXPECT_EQ(test, reader.nr_lost, 0);
	KUNIT_EXPECT_EQ(test, canary_count_alive(f.objects, f.nr), 0);
	KUNIT_EXPECT_EQ(test, counters_freed(&after) - counters_freed(&before), f.nr);
	KUNIT_EXPECT_EQ(test, after.try_taken - before.try_taken, reserved ? 0 : f.nr);
	KUNIT_EXPECT_EQ(test, after.reserved - before.reserved, reserved ? f.nr : 0);
	KUNIT_EXPECT_EQ(test, after.leaked, before.leaked);
	KUNIT_EXPECT_LE(test, during.pages_allocated, before.pages_allocated);
	EXPECT_COUNTERS_ADD_UP(test, &during);
	EXPECT_COUNTERS_ADD_UP(test, &after);
	rcu_headless_unreserve(&f.reserve);
}

#define PLACE(place)							\
static void try_##place(struct kunit *test)				\
{									\
	frees_in(test, false, place);					\
}									\
									\
static void reserved_##place(struct kunit *test)			\
{									\
	frees_in(test, true, place);					\
}

PLACE(in_process)
PLACE(under_raw_spinlock)
PLACE(under_spinlock)
PLACE(in_hardirq_context)
PLACE(in_softirq_context)

/* Refuses what it has no room for, which stays the caller's, and works again. */
static void try_refuses_when_full(struct kunit *test)
{
	size_t i, taken = 0, nr = 4 * PAGEFUL;
	void **objects = canaries_new(test, nr, 8);
	struct counters before, after;
	bool refused = false;

	rcu_headless_barrier();
	counters_read(test, &before);
	local_irq_disable();
	for (i = 0; i < nr && !refused; i++) {
		refused = !kvfree_rcu_headless_try(objects[i]);
		taken += !refused;
	}
	local_irq_enable();
	rcu_headless_barrier();
	counters_read(test, &after);

	KUNIT_EXPECT_TRUE(test, refused);
	KUNIT_EXPECT_GE(test, taken, SOME);
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, taken), 0);
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects + taken, nr - taken), nr - taken);
	KUNIT_EXPECT_EQ(test, after.try_taken - before.try_taken, taken);
	KUNIT_EXPECT_EQ(test, after.try_refused - before.try_refused, 1);
	KUNIT_EXPECT_EQ(test, after.parked, 0);
	for (i = taken; i < nr; i++) {
		while (!kvfree_rcu_headless_try(objects[i]))
			rcu_headless_barrier();
	}
	rcu_headless_barrier();
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, nr), 0);
}

static void null_is_taken(struct kunit *test)
{
	struct rcu_headless_reserve r = {};
	struct counters before, after;

	counters_read(test, &before);
	KUNIT_EXPECT_TRUE(test, kvfree_rcu_headless_try(NULL));
	/* It needs no room. */
	kvfree_rcu_headless_reserved(&r, NULL);
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, after.parked, before.parked);
	KUNIT_EXPECT_EQ(test, after.misuse_reserve, before.misuse_reserve);
}

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

static struct kunit_case atomic_cases[] = {
	KUNIT_CASE(try_in_process),
	KUNIT_CASE(try_under_raw_spinlock),
	KUNIT_CASE(try_under_spinlock),
	KUNIT_CASE(try_in_hardirq_context),
	KUNIT_CASE(try_in_softirq_context),
	KUNIT_CASE(reserved_in_process),
	KUNIT_CASE(reserved_under_raw_spinlock),
	KUNIT_CASE(reserved_under_spinlock),
	KUNIT_CASE(reserved_in_hardirq_context),
	KUNIT_CASE(reserved_in_softirq_context),
	KUNIT_CASE(try_refuses_when_full),
	KUNIT_CASE(null_is_taken),
	KUNIT_CASE(overrun_is_reported),
	KUNIT_CASE(reserve_can_be_topped_up),
	KUNIT_CASE(reserve_is_bounded),
	KUNIT_CASE_SLOW(reserve_is_for_all_cpus),
	{}
};

static struct kunit_suite atomic_suite = {
	.name = "rcu_headless_atomic",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = atomic_cases,
};

kunit_test_suite(atomic_suite);
