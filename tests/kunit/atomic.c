// SPDX-License-Identifier: GPL-2.0
/* Frees where nothing may wait: in interrupts, under locks, without memory. */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
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
	bool queued, held;

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
	held = shortage_held(test);
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
	if (held)
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
	{}
};

static struct kunit_suite atomic_suite = {
	.name = "rcu_headless_atomic",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = atomic_cases,
};

kunit_test_suite(atomic_suite);
