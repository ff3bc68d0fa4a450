// SPDX-License-Identifier: GPL-2.0
/*
 * What callers get wrong: counted each time, reported once with the caller,
 * never freed when it is no object, and freed when it is one.
 */
#include <linux/bottom_half.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/init_task.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include "fixture.h"

/* What the first report of a kind must look like; there is none later. */
static bool first_time(bool *told, const char *what, const char *caller)
{
	if (*told)
		return false;
	*told = true;
	report_expected(what, caller);
	return true;
}

static void end_report(bool expected)
{
	if (expected)
		report_expected_end();
}

/* A function of its own, whose name is looked for in the report. */
static noinline void frees_badly(const void *ptr)
{
	kvfree_rcu_headless(ptr);
	/* Not a jump: the caller's address is to be in here. */
	barrier();
}

/* All five calls that take a pointer. */
static void free_all_ways(struct rcu_headless_reserve *r, const void *ptr)
{
	void *ptrs[] = { (void *)ptr };

	frees_badly(ptr);
	kfree_rcu_headless(ptr);
	kvfree_rcu_headless_bulk(ARRAY_SIZE(ptrs), ptrs);
	if (!kvfree_rcu_headless_try(ptr))
		pr_err("a pointer that is no object was given back\n");
	kvfree_rcu_headless_reserved(r, ptr);
}

#define WAYS 5

static DEFINE_PER_CPU(u64, per_cpu_variable);
static u64 static_variable;
static const char constant[] = "constant";

struct bad_pointer {
	const char *name, *text;
	size_t counter;
	bool told;
};

#define BAD(_name, _text, _counter)					\
	static struct bad_pointer _name = {				\
		.name = #_name,						\
		.text = _text,						\
		.counter = offsetof(struct counters, _counter),		\
	}

BAD(err_ptr, "an error code given to be freed", misuse_err_ptr);
BAD(user, "a user-space pointer given to be freed", misuse_user);
BAD(stack, "a pointer to the stack given to be freed", misuse_stack);
BAD(percpu, "a per-CPU pointer given to be freed", misuse_percpu);
BAD(in_image, "a pointer to code or static data given to be freed", misuse_static);
BAD(foreign, "a pointer given to be freed that the call can't free", misuse_foreign);

static long counter(const struct counters *c, const struct bad_pointer *bad)
{
	return *(long *)((void *)c + bad->counter);
}

/* Counted each time, leaked each time, and nothing else happens. */
static void refused(struct kunit *test, struct bad_pointer *bad, const void *ptr)
{
	struct rcu_headless_reserve r = {};
	struct counters before, after;
	bool expected;

	KUNIT_ASSERT_EQ(test, 0, rcu_headless_reserve(&r, 1, GFP_KERNEL));
	rcu_headless_barrier();
	counters_read(test, &before);
	expected = first_time(&bad->told, bad->text, "frees_badly");
	free_all_ways(&r, ptr);
	end_report(expected);
	counters_read(test, &after);
	KUNIT_EXPECT_EQ_MSG(test, counter(&after, bad), counter(&before, bad) + WAYS,
			    "%s: %pS", bad->name, ptr);
	KUNIT_EXPECT_EQ(test, after.leaked, before.leaked + WAYS);
	KUNIT_EXPECT_EQ(test, counters_queued(&after), counters_queued(&before));
	KUNIT_EXPECT_EQ(test, after.parked, before.parked);
	rcu_headless_unreserve(&r);
}

static void error_codes(struct kunit *test)
{
	refused(test, &err_ptr, ERR_PTR(-ENOMEM));
	refused(test, &err_ptr, ERR_PTR(-MAX_ERRNO));
}

static void user_pointers(struct kunit *test)
{
	refused(test, &user, (void *)PAGE_SIZE);
	refused(test, &user, (void *)0x10008);
}

static void stack_pointers(struct kunit *test)
{
	u64 variable = 0;

	refused(test, &stack, &variable);
	refused(test, &stack, task_stack_page(current));
}

static void per_cpu_pointers(struct kunit *test)
{
	u64 __percpu *dynamic = alloc_percpu(u64);
	unsigned int cpu;

	KUNIT_ASSERT_NOT_NULL(test, (void __force *)dynamic);
	refused(test, &percpu, (void __force *)&per_cpu_variable);
	refused(test, &percpu, (void __force *)dynamic);
	for_each_possible_cpu(cpu) {
		refused(test, &percpu, per_cpu_ptr(&per_cpu_variable, cpu));
		refused(test, &percpu, per_cpu_ptr(dynamic, cpu));
	}
	free_percpu(dynamic);
}

static void code_and_data(struct kunit *test)
{
	/* Where modules are among vmalloc's objects, their data has no name. */
	struct bad_pointer *data = IS_ENABLED(CONFIG_UML) ? &foreign : &in_image;
	void *code = frees_badly;

	refused(test, &in_image, code);
	/* At the start of the page, in case that looks like vmalloc's. */
	refused(test, &in_image, PTR_ALIGN_DOWN(code, PAGE_SIZE));
	refused(test, data, &static_variable);
	refused(test, data, constant);
	refused(test, &in_image, kfree);
	if (IS_ENABLED(CONFIG_KALLSYMS_ALL))
		refused(test, &in_image, &init_task);
}

static void no_objects(struct kunit *test)
{
	void *area = vmalloc(2 * PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, area);
	refused(test, &foreign, area + 64);
	vfree(area);
}

/* kfree_rcu_headless() takes none of vmalloc's. */
static void vmalloc_to_kfree(struct kunit *test)
{
	struct counters before, after;
	void *area = vmalloc(PAGE_SIZE);
	bool expected;

	KUNIT_ASSERT_NOT_NULL(test, area);
	counters_read(test, &before);
	expected = first_time(&foreign.told, foreign.text, "vmalloc_to_kfree");
	kfree_rcu_headless(area);
	end_report(expected);
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, after.misuse_foreign, before.misuse_foreign + 1);
	KUNIT_EXPECT_EQ(test, after.leaked, before.leaked + 1);
	vfree(area);
}

/* Bad entries don't keep the good ones from being freed. */
static void bad_among_good(struct kunit *test)
{
	void **objects = canaries_new(test, 8, 4);
	struct counters before, after;
	void *ptrs[11];
	bool expected;
	int i;

	memcpy(ptrs, objects, 4 * sizeof(*objects));
	ptrs[4] = ERR_PTR(-EINVAL);
	ptrs[5] = NULL;
	ptrs[6] = ERR_PTR(-EIO);
	for (i = 0; i < 4; i++)
		ptrs[7 + i] = objects[4 + i];
	counters_read(test, &before);
	expected = first_time(&err_ptr.told, err_ptr.text, "bad_among_good");
	kvfree_rcu_headless_bulk(ARRAY_SIZE(ptrs), ptrs);
	end_report(expected);
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, 8), 0);
	KUNIT_EXPECT_EQ(test, counters_freed(&after), counters_freed(&before) + 8);
	KUNIT_EXPECT_EQ(test, after.misuse_err_ptr, before.misuse_err_ptr + 2);
}

static bool told_atomic, told_reader;
static const char atomic_text[] = "a call that may sleep in atomic context";

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
	/* On PREEMPT_RT these two are places where sleeping is allowed. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return;
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
			     &told_reader, "a call that may sleep inside rcu_read_lock\\(\\)");
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
	KUNIT_EXPECT_EQ(test, after.misuse_atomic, before.misuse_atomic + 3);
}

static bool told_nmi;
static const char nmi_text[] = "a call in an NMI";

/* What the kernel takes for an NMI: it goes by the count, like the module. */
static void nmi_begin(void)
{
	local_irq_disable();
	__preempt_count_add(NMI_OFFSET + HARDIRQ_OFFSET);
}

static void nmi_end(void)
{
	__preempt_count_sub(NMI_OFFSET + HARDIRQ_OFFSET);
	local_irq_enable();
}

/* Nothing can be done there: all is counted, nothing is freed, all return. */
static void in_nmi_context(struct kunit *test)
{
	void **objects = canaries_new(test, WAYS, 4);
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
	KUNIT_EXPECT_FALSE(test, taken);
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	KUNIT_EXPECT_EQ(test, after.misuse_nmi, before.misuse_nmi + WAYS + 3);
	/* What try refuses is still the caller's. */
	KUNIT_EXPECT_EQ(test, after.leaked, before.leaked + WAYS - 1);
	KUNIT_EXPECT_EQ(test, counters_queued(&after), counters_queued(&before));
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, WAYS), WAYS);
	kvfree_rcu_headless_bulk(WAYS, objects);
	rcu_headless_unreserve(&r);
	rcu_headless_barrier();
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, WAYS), 0);
}

static struct kunit_case misuse_cases[] = {
	KUNIT_CASE(error_codes),
	KUNIT_CASE(user_pointers),
	KUNIT_CASE(stack_pointers),
	KUNIT_CASE(per_cpu_pointers),
	KUNIT_CASE(code_and_data),
	KUNIT_CASE(no_objects),
	KUNIT_CASE(vmalloc_to_kfree),
	KUNIT_CASE(bad_among_good),
	KUNIT_CASE(in_atomic_context),
	KUNIT_CASE(inside_reader),
	KUNIT_CASE(from_hardirq),
	KUNIT_CASE(sleeping_calls),
	KUNIT_CASE(in_nmi_context),
	{}
};

static struct kunit_suite misuse_suite = {
	.name = "rcu_headless_misuse",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = misuse_cases,
};

kunit_test_suite(misuse_suite);
