// SPDX-License-Identifier: GPL-2.0
/*
 * Calls where they aren't allowed: counted each time, reported once with the caller,
 * and the object is freed all the same if that can be.
 */
#include <linux/bottom_half.h>
#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "fixture.h"
#include "misuse.h"

/* Calls that take an object, and those that always sleep. */
#define FREES 5
#define SLEEPS 3

/* A function of its own, whose name is looked for in the report. */
static noinline void frees_badly(const void *ptr)
{
	kvfree_rcu_headless(ptr);
	/* Not a jump: the caller's address is to be in here. */
	barrier();
}

static bool told_atomic, told_reader;
static const char atomic_text[] = "a call that may sleep in atomic context";
static const char reader_text[] = "a call that may sleep inside rcu_read_lock\\(\\)"
#ifdef CONFIG_PREEMPT_RT
	", spin_lock\\(\\) or local_bh_disable\\(\\)"
#endif
	;

/* Freed all the same, and counted. */
#define IN_BAD_PLACE(test, enter, leave, _counter, told, text)		\
do {									\
	/* One of slab, one of vmalloc. */				\
	void **__objects = canaries_new(test, 2, 1);			\
	struct counters __before, __after;				\
	bool __expected;						\
									\
	rcu_headless_barrier();						\
	counters_read(test, &__before);					\
	__expected = first_time(told, text, "frees_badly");		\
	enter;								\
	frees_badly(__objects[0]);				\
	frees_badly(__objects[1]);				\
	leave;								\
	end_report(__expected);						\
	rcu_headless_barrier();						\
	counters_read(test, &__after);					\
	KUNIT_EXPECT_EQ(test, __after._counter, __before._counter + 2);	\
	KUNIT_EXPECT_EQ(test, canary_count_alive(__objects, 2), 0);	\
	KUNIT_EXPECT_EQ(test, __after.leaked, __before.leaked);		\
	KUNIT_EXPECT_EQ(test, counters_freed(&__after),			\
			counters_freed(&__before) + 2);			\
} while (0)

static void in_atomic_context(struct kunit *test)
{
	static DEFINE_SPINLOCK(lock);

	IN_BAD_PLACE(test, preempt_disable(), preempt_enable(), misuse_atomic,
		     &told_atomic, atomic_text);
	IN_BAD_PLACE(test, local_irq_disable(), local_irq_enable(), misuse_atomic,
		     &told_atomic, atomic_text);
	/* On PREEMPT_RT these two are RCU readers, who may wait for a lock, not for RCU. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		IN_BAD_PLACE(test, spin_lock(&lock), spin_unlock(&lock), misuse_reader,
			     &told_reader, reader_text);
		IN_BAD_PLACE(test, local_bh_disable(), local_bh_enable(), misuse_reader,
			     &told_reader, reader_text);
		return;
	}
	IN_BAD_PLACE(test, spin_lock(&lock), spin_unlock(&lock), misuse_atomic,
		     &told_atomic, atomic_text);
	IN_BAD_PLACE(test, local_bh_disable(), local_bh_enable(), misuse_atomic,
		     &told_atomic, atomic_text);
}

static void inside_reader(struct kunit *test)
{
	/* Other readers can't be told from any code with preemption off. */
	if (IS_ENABLED(CONFIG_PREEMPT_RCU))
		IN_BAD_PLACE(test, rcu_read_lock(), rcu_read_unlock(), misuse_reader,
			     &told_reader, reader_text);
	else
		IN_BAD_PLACE(test, rcu_read_lock(), rcu_read_unlock(), misuse_atomic,
			     &told_atomic, atomic_text);
}

struct late_call {
	struct hrtimer timer;
	void *object;
	struct completion done;
};

static enum hrtimer_restart call_in_hardirq(struct hrtimer *timer)
{
	struct late_call *call = container_of(timer, struct late_call, timer);

	frees_badly(call->object);
	complete(&call->done);
	return HRTIMER_NORESTART;
}

/* An interrupt may break into anything, the middle of a call included. */
static void from_hardirq(struct kunit *test)
{
	void **objects = canaries_new(test, 1, 8);
	struct late_call call = { .object = objects[0] };
	struct counters before, after;
	bool expected;

	init_completion(&call.done);
	hrtimer_setup_on_stack(&call.timer, call_in_hardirq, CLOCK_MONOTONIC,
			       HRTIMER_MODE_REL_HARD);
	counters_read(test, &before);
	expected = first_time(&told_atomic, atomic_text, "frees_badly");
	hrtimer_start(&call.timer, ns_to_ktime(NSEC_PER_USEC), HRTIMER_MODE_REL_HARD);
	wait_for_completion(&call.done);
	hrtimer_cancel(&call.timer);
	destroy_hrtimer_on_stack(&call.timer);
	end_report(expected);
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, after.misuse_atomic, before.misuse_atomic + 1);
	KUNIT_EXPECT_FALSE(test, canary_alive(objects[0]));
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

/* Those that always sleep do nothing where they may not. */
static void sleeping_calls(struct kunit *test)
{
	struct rcu_headless_reserve r = {};
	struct counters before, after;
	bool expected;
	int err;

	counters_read(test, &before);
	expected = first_time(&told_atomic, atomic_text, "sleeping_calls");
	preempt_disable();
	rcu_headless_barrier();
	err = rcu_headless_reserve(&r, 1, GFP_KERNEL);
	rcu_headless_unreserve(&r);
	preempt_enable();
	end_report(expected);
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	KUNIT_EXPECT_EQ(test, after.misuse_atomic, before.misuse_atomic + SLEEPS);
}

static bool told_nmi;
static const char nmi_text[] = "a call in an NMI";

/* What may be called anywhere may be called there; all else is reported, and freed as well. */
static void in_nmi_context(struct kunit *test)
{
	void **objects = canaries_new(test, FREES, 4);
	struct rcu_headless_reserve r = {};
	struct counters before, after;
	bool expected, taken;
	int err;

	KUNIT_ASSERT_EQ(test, 0, rcu_headless_reserve(&r, 1, GFP_KERNEL));
	rcu_headless_barrier();
	counters_read(test, &before);
	expected = first_time(&told_nmi, nmi_text, "frees_badly");
	nmi_begin();
	frees_badly(objects[0]);
	kfree_rcu_headless(objects[1]);
	kvfree_rcu_headless_bulk(1, objects + 2);
	taken = kvfree_rcu_headless_try(objects[3]);
	kvfree_rcu_headless_reserved(&r, objects[4]);
	rcu_headless_barrier();
	err = rcu_headless_reserve(&r, 2, GFP_KERNEL);
	rcu_headless_unreserve(&r);
	nmi_end();
	end_report(expected);
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_TRUE(test, taken);
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	/* All but kvfree_rcu_headless_try() and kvfree_rcu_headless_reserved(). */
	KUNIT_EXPECT_EQ(test, after.misuse_nmi, before.misuse_nmi + FREES - 2 + SLEEPS);
	KUNIT_EXPECT_EQ(test, after.leaked, before.leaked);
	KUNIT_EXPECT_EQ(test, counters_queued(&after), counters_queued(&before) + FREES);
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, FREES), 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
	rcu_headless_unreserve(&r);
}

static struct kunit_case misuse_context_cases[] = {
	KUNIT_CASE(in_atomic_context),
	KUNIT_CASE(inside_reader),
	KUNIT_CASE(from_hardirq),
	KUNIT_CASE(sleeping_calls),
	KUNIT_CASE(in_nmi_context),
	{}
};

static struct kunit_suite misuse_context_suite = {
	.name = "rcu_headless_misuse_context",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = misuse_context_cases,
};

kunit_test_suite(misuse_context_suite);
