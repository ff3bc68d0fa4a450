// SPDX-License-Identifier: GPL-2.0
/*
 * What callers give to be freed that is no object: counted each time, reported once
 * with the caller, never freed.
 */
#include <linux/err.h>
#include <linux/init_task.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/rcu_headless.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "fixture.h"
#include "misuse.h"

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

/* Where modules are among vmalloc's objects, their data has no name. */
static struct bad_pointer *const data = IS_ENABLED(CONFIG_UML) ? &foreign : &in_image;

static void per_cpu_pointers(struct kunit *test)
{
	/* Without SMP they are variables, and objects, like any other. */
	struct bad_pointer *own = IS_ENABLED(CONFIG_SMP) ? &percpu : data;
	struct bad_pointer *allocated = IS_ENABLED(CONFIG_SMP) ? &percpu : &foreign;
	u64 __percpu *dynamic = alloc_percpu(u64);
	unsigned int cpu;

	KUNIT_ASSERT_NOT_NULL(test, (void __force *)dynamic);
	refused(test, own, (void __force *)&per_cpu_variable);
	refused(test, allocated, (void __force *)dynamic);
	for_each_possible_cpu(cpu) {
		refused(test, own, per_cpu_ptr(&per_cpu_variable, cpu));
		refused(test, allocated, per_cpu_ptr(dynamic, cpu));
	}
	free_percpu(dynamic);
}

static void code_and_data(struct kunit *test)
{
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

/* Addresses in an object that none can have. */
static void misaligned_pointers(struct kunit *test)
{
	void *area = vmalloc(2 * PAGE_SIZE);
	void *object = kmalloc(64, GFP_KERNEL);
	size_t offset;

	KUNIT_ASSERT_NOT_NULL(test, area);
	KUNIT_ASSERT_NOT_NULL(test, object);
	refused(test, &foreign, area + 64);
	for (offset = 1; offset < arch_slab_minalign(); offset++)
		refused(test, &foreign, object + offset);
	kfree(object);
	vfree(area);
}

/*
 * Of an object that takes whole pages the beginning is known. The fast path doesn't ask,
 * but here every call is looked at with care.
 */
static void inside_whole_pages(struct kunit *test)
{
	size_t size = 4 * KMALLOC_MAX_CACHE_SIZE;
	void *large = kmalloc(size, GFP_KERNEL);
	struct counters before, after;

	KUNIT_ASSERT_NOT_NULL(test, large);
	parameter_set(test, PARAMETER_CHECK_DOUBLE_FREE, "Y");
	refused(test, &foreign, large + arch_slab_minalign());
	refused(test, &foreign, large + PAGE_SIZE);
	refused(test, &foreign, large + size - PAGE_SIZE);
	/* The object itself is one. */
	counters_read(test, &before);
	kfree_rcu_headless(large);
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, counters_freed(&after), counters_freed(&before) + 1);
	KUNIT_EXPECT_EQ(test, after.leaked, before.leaked);
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

static struct kunit_case misuse_cases[] = {
	KUNIT_CASE(error_codes),
	KUNIT_CASE(user_pointers),
	KUNIT_CASE(stack_pointers),
	KUNIT_CASE(per_cpu_pointers),
	KUNIT_CASE(code_and_data),
	KUNIT_CASE(misaligned_pointers),
	KUNIT_CASE(inside_whole_pages),
	KUNIT_CASE(vmalloc_to_kfree),
	KUNIT_CASE(bad_among_good),
	{}
};

static struct kunit_suite misuse_suite = {
	.name = "rcu_headless_misuse",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = misuse_cases,
};

kunit_test_suite(misuse_suite);
