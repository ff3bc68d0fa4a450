// SPDX-License-Identifier: GPL-2.0
/* One caller: every call frees what it is given, once, and counts it. */
#include <linux/rcu_headless.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "fixture.h"

static void null_is_ignored(struct kunit *test)
{
	struct counters before, after;
	void *none[3] = {};

	rcu_headless_barrier();
	counters_read(test, &before);
	kfree_rcu_headless(NULL);
	kvfree_rcu_headless(NULL);
	kvfree_rcu_headless_bulk(ARRAY_SIZE(none), none);
	kvfree_rcu_headless_bulk(0, NULL);
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, counters_queued(&before), counters_queued(&after));
	KUNIT_EXPECT_EQ(test, after.pending, 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
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
	KUNIT_EXPECT_EQ(test, after.pages_spare, after.pages_allocated);
	KUNIT_EXPECT_EQ(test, after.leaked, 0);
	EXPECT_COUNTERS_ADD_UP(test, &after);
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
	KUNIT_CASE(slab_freed_by_barrier),
	KUNIT_CASE(vmalloc_freed_by_barrier),
	KUNIT_CASE(mixed_freed_by_barrier),
	KUNIT_CASE(bulk_freed_by_barrier),
	KUNIT_CASE(all_sizes_are_counted),
	KUNIT_CASE(lonely_object_is_freed),
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
