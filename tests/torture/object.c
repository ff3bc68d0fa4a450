// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that show when they are freed too early: the first word tells the
 * object's generation and size, mixed with its address, and the last one is its
 * complement. Memory that is poisoned, zeroed or given to another object has
 * other words; memory that is unmapped faults.
 */
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "torture.h"

/* For kmalloc() and as many caches of our own. */
static const unsigned int slab_sizes[] = {
	8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192,
};

/* Beyond what the slab allocator has caches for. */
static const unsigned int large_sizes[] = { 16384, 65536 };

static const unsigned int vmalloc_pages[] = { 1, 2, 5, 16, 64, 256 };

/* Classes are numbered in the order of these tables. */
#define SLAB_CLASSES ARRAY_SIZE(slab_sizes)
#define NOT_VMALLOC (SLAB_CLASSES + ARRAY_SIZE(large_sizes))
#define CLASSES (NOT_VMALLOC + ARRAY_SIZE(vmalloc_pages))

/* The word without the address: generation above the class, zeros on top. */
#define CLASS_BITS 8
#define WORD_BITS 48

static struct kmem_cache *caches[ARRAY_SIZE(slab_sizes)];
static atomic64_t generation;

int torture_caches_create(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		/* Without a flag it would be merged with others. */
		caches[i] = kmem_cache_create("rcu_headless_torture", slab_sizes[i], 0,
					      SLAB_NO_MERGE, NULL);
		if (!caches[i]) {
			torture_caches_destroy();
			return -ENOMEM;
		}
	}
	return 0;
}

void torture_caches_destroy(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(caches); i++)
		kmem_cache_destroy(caches[i]);
}

/* Small ones mostly, of all kinds some, large ones seldom. */
static unsigned int random_class(struct rnd_state *rnd)
{
	u32 dice = torture_below(rnd, 256);

	if (dice < 2)
		return SLAB_CLASSES + torture_below(rnd, NOT_VMALLOC - SLAB_CLASSES);
	if (dice < 24)
		return NOT_VMALLOC + min(torture_below(rnd, CLASSES - NOT_VMALLOC),
				       torture_below(rnd, CLASSES - NOT_VMALLOC));
	return min(torture_below(rnd, SLAB_CLASSES), torture_below(rnd, SLAB_CLASSES));
}

static size_t class_size(unsigned int class)
{
	if (class < SLAB_CLASSES)
		return slab_sizes[class];
	if (class < NOT_VMALLOC)
		return large_sizes[class - SLAB_CLASSES];
	return vmalloc_pages[class - NOT_VMALLOC] * PAGE_SIZE;
}

static void *class_alloc(unsigned int class, bool own_cache)
{
	/* Failing is part of the torture, and no news. */
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY;

	if (class >= NOT_VMALLOC)
		return __vmalloc(class_size(class), gfp);
	if (own_cache && class < SLAB_CLASSES)
		return kmem_cache_alloc(caches[class], gfp);
	return kmalloc(class_size(class), gfp);
}

static u64 address_key(const void *object)
{
	return hash_64((unsigned long)object, 64);
}

static u64 *last_word(const void *object, u64 word)
{
	size_t size = class_size(word & GENMASK(CLASS_BITS - 1, 0));

	return (u64 *)(object + size) - 1;
}

void *torture_object_new(struct rnd_state *rnd)
{
	unsigned int class = random_class(rnd);
	u64 *object = class_alloc(class, torture_below(rnd, 2)), word;

	if (!object) {
		torture_count(TORTURE_NO_MEMORY, 1);
		return NULL;
	}
	torture_count(TORTURE_MADE, 1);
	word = (u64)atomic64_inc_return(&generation) << CLASS_BITS | class;
	/* If it has but one word, this one is overwritten. */
	*last_word(object, word) = ~word;
	*object = word ^ address_key(object);
	return object;
}

bool torture_object_look(const void *object, struct torture_seen *seen)
{
	seen->word = READ_ONCE(*(const u64 *)object) ^ address_key(object);
	return seen->word >> WORD_BITS == 0 &&
		(seen->word & GENMASK(CLASS_BITS - 1, 0)) < CLASSES &&
		torture_object_same(object, seen);
}

bool torture_object_same(const void *object, const struct torture_seen *seen)
{
	const u64 *last = last_word(object, seen->word);

	if (READ_ONCE(*(const u64 *)object) != (seen->word ^ address_key(object)))
		return false;
	return last == object || READ_ONCE(*last) == ~seen->word;
}
