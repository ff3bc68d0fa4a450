// SPDX-License-Identifier: GPL-2.0
/* One caller: every call frees what it is given, once, and counts it. */
#include <linux/preempt.h>
#include <linux/rcu_headless.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "fixture.h"

/* By every call, whatever the context, and with no room in the reserve. */
static bool free_nothing(void *nothing)
{
	struct rcu_headless_reserve no_room = {};
	void *some[3] = { nothing, nothing, nothing };

	kfree_rcu_headless(nothing);
	kvfree_rcu_headless(nothing);
	kvfree_rcu_headless_bulk(ARRAY_SIZE(some), some);
	kvfree_rcu_headless_reserved(&no_room, nothing);
	return kvfree_rcu_headless_try(nothing);
}

static void is_ignored(struct kunit *test, void *nothing)
{
	struct counters before, after;
	bool taken, taken_atomic, taken_nmi;

	rcu_headless_barrier();
	counters_read(test, &before);
	taken = free_nothing(nothing);
	preempt_disable();
	taken_atomic = free_nothing(nothing);
	preempt_enable();
	nmi_begin();
	taken_nmi = free_nothing(nothing);
	nmi_end();
	counters_read(test, &after);
	KUNIT_EXPECT_TRUE(test, taken);
	KUNIT_EXPECT_TRUE(test, taken_atomic);
	KUNIT_EXPECT_TRUE(test, taken_nmi);
	KUNIT_EXPECT_EQ(test, counters_queued(&after), counters_queued(&before));
	KUNIT_EXPECT_EQ(test, counters_misuse(&after), counters_misuse(&before));
	KUNIT_EXPECT_EQ(test, after.leaked, before.leaked);
	KUNIT_EXPECT_EQ(test, after.try_taken, before.try_taken);
	KUNIT_EXPECT_EQ(test, after.reserved, before.reserved);
	KUNIT_EXPECT_EQ(test, after.parked, 0);
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

static void null_is_ignored(struct kunit *test)
{
	is_ignored(test, NULL);
	kvfree_rcu_headless_bulk(0, NULL);
}

/* As kfree() does, and not as an address of a user's. */
static void object_of_no_size_is_ignored(struct kunit *test)
{
	size_t none = 0;
	void *nothing;

	/* The compiler isn't to know. */
	OPTIMIZER_HIDE_VAR(none);
	nothing = kmalloc(none, GFP_KERNEL);
	KUNIT_EXPECT_PTR_EQ(test, nothing, ZERO_SIZE_PTR);
	is_ignored(test, nothing);
	is_ignored(test, kvmalloc(none, GFP_KERNEL));
}

/* Neither keeps the objects beside it from being freed. */
static void nothing_among_objects(struct kunit *test)
{
	void **objects = canaries_new(test, 8, 4);
	void *ptrs[16];
	struct counters before, after;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ptrs); i++)
		ptrs[i] = i % 2 ? objects[i / 2] : (i % 4 ? NULL : ZERO_SIZE_PTR);
	rcu_headless_barrier();
	counters_read(test, &before);
	kvfree_rcu_headless_bulk(ARRAY_SIZE(ptrs), ptrs);
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, 8), 0);
	KUNIT_EXPECT_EQ(test, counters_freed(&after), counters_freed(&before) + 8);
	KUNIT_EXPECT_EQ(test, after.leaked, before.leaked);
}

static void free_one(const void *ptr, unsigned int slab_of_8)
{
	if (slab_of_8 == 8)
		kfree_rcu_headless(ptr);
	else
		kvfree_rcu_headless(ptr);
}

/* Everything is freed by a barrier, and each channel has its own count. */
static void freed_by_barrier(struct kunit *test, unsigned int slab_of_8)
{
	size_t i, nr = 8 * (PAGEFUL / 2), nr_slab = nr / 8 * slab_of_8;
	void **objects = canaries_new(test, nr, slab_of_8);
	struct counters before, after;

	rcu_headless_barrier();
	counters_read(test, &before);
	for (i = 0; i < nr; i++)
		free_one(objects[i], slab_of_8);
	rcu_headless_barrier();
	counters_read(test, &after);

	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, nr), 0);
	KUNIT_EXPECT_EQ(test, after.queued_slab - before.queued_slab, nr_slab);
	KUNIT_EXPECT_EQ(test, after.freed_slab - before.freed_slab, nr_slab);
	KUNIT_EXPECT_EQ(test, after.queued_vmalloc - before.queued_vmalloc,
			nr - nr_slab);
	KUNIT_EXPECT_EQ(test, after.freed_vmalloc - before.freed_vmalloc,
			nr - nr_slab);
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	KUNIT_EXPECT_EQ(test, after.pages_in_use, 0);
	KUNIT_EXPECT_EQ(test, after.leaked, 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
	/* Work may be about to put spares into their places. */
	KUNIT_EXPECT_TRUE(test, wait_until((counters_read(test, &after),
					    after.pages_spare == after.pages_allocated)));
}

static void slab_freed_by_barrier(struct kunit *test)
{
	freed_by_barrier(test, 8);
}

static void vmalloc_freed_by_barrier(struct kunit *test)
{
	freed_by_barrier(test, 0);
}

static void mixed_freed_by_barrier(struct kunit *test)
{
	freed_by_barrier(test, 5);
}

static void bulk_freed_by_barrier(struct kunit *test)
{
	size_t i, nr = 8 * (PAGEFUL / 2), nr_null = 0;
	void **objects = canaries_new(test, nr, 5);
	void **handed = kunit_kmalloc_array(test, nr, sizeof(*handed), GFP_KERNEL);
	struct counters before, after;

	KUNIT_ASSERT_NOT_NULL(test, handed);
	/* Holes stay with us: they must not be freed. */
	for (i = 0; i < nr; i++) {
		handed[i] = i % 7 ? objects[i] : NULL;
		nr_null += !handed[i];
	}
	rcu_headless_barrier();
	counters_read(test, &before);
	kvfree_rcu_headless_bulk(nr, handed);
	/* The array is the caller's again at once. */
	memset(handed, 0xff, nr * sizeof(*handed));
	rcu_headless_barrier();
	counters_read(test, &after);

	KUNIT_EXPECT_EQ(test, canary_count_alive(objects, nr), nr_null);
	KUNIT_EXPECT_EQ(test, counters_queued(&after) - counters_queued(&before),
			nr - nr_null);
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
	for (i = 0; i < nr; i += 7)
		kvfree(objects[i]);
}

/* Sizes from below a pointer to above what the slab allocator has caches for. */
static void all_sizes_are_counted(struct kunit *test)
{
	struct counters before, after;
	size_t size, nr = 0;
	void *object;

	rcu_headless_barrier();
	counters_read(test, &before);
	for (size = 1; size <= 4 * KMALLOC_MAX_CACHE_SIZE; size *= 2) {
		object = kmalloc(size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, object);
		kfree_rcu_headless(object);
		object = kvmalloc(size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, object);
		kvfree_rcu_headless(object);
		object = vmalloc(size);
		KUNIT_ASSERT_NOT_NULL(test, object);
		kvfree_rcu_headless(object);
		nr += 3;
	}
	rcu_headless_barrier();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, counters_freed(&after) - counters_freed(&before), nr);
	KUNIT_EXPECT_EQ(test, after.pending, 0);
}

/* Nobody asks for it and nothing follows it: one object is freed all the same. */
static void lonely_object_is_freed(struct kunit *test)
{
	void **slab = canaries_new(test, 1, 8), **vmalloc = canaries_new(test, 1, 0);
	struct counters after;

	kvfree_rcu_headless(slab[0]);
	kvfree_rcu_headless(vmalloc[0]);
	KUNIT_EXPECT_TRUE(test, wait_until(!canary_alive(slab[0])));
	KUNIT_EXPECT_TRUE(test, wait_until(!canary_alive(vmalloc[0])));
	/* Counted a moment after it is freed. */
	KUNIT_EXPECT_TRUE(test, wait_until((counters_read(test, &after),
					    after.pending == 0)));
	EXPECT_COUNTERS_ADD_UP(test, &after);
}

/*
 * A page that is opened when drain_delay_ms has been lowered is sealed before one that was
 * there by the old.
 */
static void lowered_delay_is_heeded(struct kunit *test)
{
	void **slab = canaries_new(test, 1, 8), **vmalloc = canaries_new(test, 1, 0);
	unsigned int cpu = cpumask_first(cpu_online_mask);

	KUNIT_ASSERT_EQ(test, 0, set_cpus_allowed_ptr(current, cpumask_of(cpu)));
	have_nothing_pending();
	parameter_set(test, PARAMETER_DRAIN_DELAY_MS, "10000");
	kvfree_rcu_headless(slab[0]);
	parameter_set(test, PARAMETER_DRAIN_DELAY_MS, "10");
	kvfree_rcu_headless(vmalloc[0]);
	KUNIT_EXPECT_TRUE(test, wait_until(!canary_alive(vmalloc[0])));
	KUNIT_EXPECT_TRUE(test, canary_alive(slab[0]));
	rcu_headless_barrier();
	KUNIT_EXPECT_FALSE(test, canary_alive(slab[0]));
}

/* Full pages don't need a caller that comes back, nor a barrier, either. */
static void busy_queue_is_freed(struct kunit *test)
{
	size_t i, nr = 8 * PAGEFUL;
	void **objects = canaries_new(test, nr, 6);

	for (i = 0; i < nr; i++)
		kvfree_rcu_headless(objects[i]);
	KUNIT_EXPECT_TRUE(test, wait_until(!canary_count_alive(objects, nr)));
}

/* What the barrier is for: the allocator complains of objects left behind. */
static void cache_can_go_after_barrier(struct kunit *test)
{
	struct kmem_cache *cache;
	size_t i;

	cache = kmem_cache_create("rcu_headless_short_lived", 40, 0, 0, NULL);
	KUNIT_ASSERT_NOT_NULL(test, cache);
	for (i = 0; i < 3 * PAGEFUL; i++) {
		void *object = kmem_cache_alloc(cache, GFP_KERNEL);

		KUNIT_EXPECT_NOT_NULL(test, object);
		kfree_rcu_headless(object);
	}
	rcu_headless_barrier();
	kmem_cache_destroy(cache);
}

static struct kunit_case basics_cases[] = {
	KUNIT_CASE(null_is_ignored),
	KUNIT_CASE(object_of_no_size_is_ignored),
	KUNIT_CASE(nothing_among_objects),
	KUNIT_CASE(slab_freed_by_barrier),
	KUNIT_CASE(vmalloc_freed_by_barrier),
	KUNIT_CASE(mixed_freed_by_barrier),
	KUNIT_CASE(bulk_freed_by_barrier),
	KUNIT_CASE(all_sizes_are_counted),
	KUNIT_CASE(lonely_object_is_freed),
	KUNIT_CASE(lowered_delay_is_heeded),
	KUNIT_CASE(busy_queue_is_freed),
	KUNIT_CASE(cache_can_go_after_barrier),
	{}
};

static struct kunit_suite basics_suite = {
	.name = "rcu_headless_basics",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = basics_cases,
};

kunit_test_suite(basics_suite);
