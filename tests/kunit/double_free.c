// SPDX-License-Identifier: GPL-2.0
/* Objects that are freed twice, by all calls: counted, reported, freed once. */
#include <linux/irqflags.h>
#include <linux/rcu_headless.h>

#include "fixture.h"

/* A function of its own, whose name is looked for in the report. */
static noinline void frees_twice(void *object)
{
	kvfree_rcu_headless(object);
	kvfree_rcu_headless(object);
	/* Not a jump: the caller's address is to be in here. */
	barrier();
}

static void twice_in_a_row(struct rcu_headless_reserve *r, void *object)
{
	frees_twice(object);
}

static void twice_as_slab(struct rcu_headless_reserve *r, void *object)
{
	kfree_rcu_headless(object);
	kfree_rcu_headless(object);
}

static void twice_in_one_bulk(struct rcu_headless_reserve *r, void *object)
{
	void *objects[] = { object, object };

	kvfree_rcu_headless_bulk(ARRAY_SIZE(objects), objects);
}

static void twice_by_try(struct rcu_headless_reserve *r, void *object)
{
	/* Both before a task can take them out. */
	local_irq_disable();
	/* Taken or not, neither is the caller's to free again. */
	if (!kvfree_rcu_headless_try(object) || !kvfree_rcu_headless_try(object))
		pr_err("an object was refused while there was room\n");
	local_irq_enable();
}

static void twice_by_reserve(struct rcu_headless_reserve *r, void *object)
{
	local_irq_disable();
	kvfree_rcu_headless_reserved(r, object);
	kvfree_rcu_headless_reserved(r, object);
	local_irq_enable();
}

static void queued_then_tried(struct rcu_headless_reserve *r, void *object)
{
	kvfree_rcu_headless(object);
	if (!kvfree_rcu_headless_try(object))
		pr_err("an object was refused while there was room\n");
}

static void reserved_then_queued(struct rcu_headless_reserve *r, void *object)
{
	kvfree_rcu_headless_reserved(r, object);
	kvfree_rcu_headless(object);
}

/* Ours is given once, the first time, and with the caller's name. */
static bool told;

static void freed_twice(struct kunit *test, unsigned int slab_of_8,
			void (*twice)(struct rcu_headless_reserve *r, void *object), bool mixed)
{
	bool debug = IS_ENABLED(CONFIG_DEBUG_OBJECTS_RCU_HEAD);
	struct rcu_headless_reserve r = {};
	struct counters before, after;
	void **objects;

	if (!debug && !fixture_checks_double_free())
		kunit_skip(test, "needs check_double_free=1 or DEBUG_OBJECTS_RCU_HEAD");
	/* The open page is looked through on the CPU where the inbox's worker runs. */
	if (!debug && mixed && num_online_cpus() > 1)
		kunit_skip(test, "needs DEBUG_OBJECTS_RCU_HEAD or one CPU");
	/* Without debug objects it is seen as long as the page is open. */
	parameter_set(test, PARAMETER_DRAIN_DELAY_MS, "10000");
	KUNIT_ASSERT_EQ(test, 0, rcu_headless_reserve(&r, 2, GFP_KERNEL));
	objects = canaries_new(test, 1, slab_of_8);
	stay_on_one_cpu(test);
	rcu_headless_barrier();
	counters_read(test, &before);
	/* The kernel's own report comes on top, and not each time. */
	if (!told)
		report_expected("(ODEBUG: activate active|queued already", "frees_twice)");
	else
		report_allowed("ODEBUG: activate active");
	twice(&r, objects[0]);
	/* By then what came in atomic context has been looked at, too. */
	rcu_headless_barrier();
	report_expected_end();
	told = true;
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, after.misuse_double_free, before.misuse_double_free + 1);
	KUNIT_EXPECT_FALSE(test, canary_alive(objects[0]));
	KUNIT_EXPECT_EQ(test, counters_freed(&after), counters_freed(&before) + 1);
	KUNIT_EXPECT_EQ(test, after.leaked, before.leaked);
	KUNIT_EXPECT_EQ(test, after.parked, 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
	rcu_headless_unreserve(&r);
}

#define TWICE(name, twice, slab_of_8)					\
static void name(struct kunit *test)					\
{									\
	freed_twice(test, slab_of_8, twice,				\
		    twice == queued_then_tried || twice == reserved_then_queued); \
}

TWICE(slab_twice_in_a_row, twice_in_a_row, 8)
TWICE(vmalloc_twice_in_a_row, twice_in_a_row, 0)
TWICE(slab_twice_by_kfree, twice_as_slab, 8)
TWICE(slab_twice_in_one_bulk, twice_in_one_bulk, 8)
TWICE(vmalloc_twice_in_one_bulk, twice_in_one_bulk, 0)
TWICE(slab_twice_by_try, twice_by_try, 8)
TWICE(vmalloc_twice_by_try, twice_by_try, 0)
TWICE(slab_twice_by_reserve, twice_by_reserve, 8)
TWICE(slab_queued_then_tried, queued_then_tried, 8)
TWICE(slab_reserved_then_queued, reserved_then_queued, 8)

/* Being freed once is no double free, wherever the address has been before. */
static void address_comes_again(struct kunit *test)
{
	struct counters before, after;
	void **objects;
	int i;

	counters_read(test, &before);
	for (i = 0; i < 3; i++) {
		objects = canaries_new(test, PAGEFUL / 4, 7);
		kvfree_rcu_headless_bulk(PAGEFUL / 4, objects);
		rcu_headless_barrier();
		KUNIT_EXPECT_EQ(test, canary_count_alive(objects, PAGEFUL / 4), 0);
	}
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, after.misuse_double_free, before.misuse_double_free);
}

static struct kunit_case double_free_cases[] = {
	KUNIT_CASE(slab_twice_in_a_row),
	KUNIT_CASE(vmalloc_twice_in_a_row),
	KUNIT_CASE(slab_twice_by_kfree),
	KUNIT_CASE(slab_twice_in_one_bulk),
	KUNIT_CASE(vmalloc_twice_in_one_bulk),
	KUNIT_CASE(slab_twice_by_try),
	KUNIT_CASE(vmalloc_twice_by_try),
	KUNIT_CASE(slab_twice_by_reserve),
	KUNIT_CASE(slab_queued_then_tried),
	KUNIT_CASE(slab_reserved_then_queued),
	KUNIT_CASE(address_comes_again),
	{}
};

static struct kunit_suite double_free_suite = {
	.name = "rcu_headless_double_free",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = double_free_cases,
};

kunit_test_suite(double_free_suite);
