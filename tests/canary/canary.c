// SPDX-License-Identifier: GPL-2.0
#include <linux/build_bug.h>
#include <linux/highmem.h>
#include <linux/kasan.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "canary.h"

#define CANARY_WORDS 8
#define CANARY_SEED 0x9e3779b97f4a7c15ULL

struct canary {
	u64 word[CANARY_WORDS];
};

static struct kmem_cache *canary_cache;

static u64 canary_word(const struct canary *canary, unsigned int i)
{
	return CANARY_SEED * ((unsigned long)canary + i);
}

void *canary_new(enum canary_kind kind)
{
	struct canary *canary;
	unsigned int i;

	if (kind == CANARY_SLAB)
		canary = kmem_cache_alloc(canary_cache, GFP_KERNEL);
	else
		canary = vmalloc(sizeof(*canary));
	if (!canary)
		return NULL;
	for (i = 0; i < CANARY_WORDS; i++)
		canary->word[i] = canary_word(canary, i);
	return canary;
}
EXPORT_SYMBOL_GPL(canary_new);

static bool canary_intact(const struct canary *canary, const void *at)
{
	struct canary copy;
	unsigned int i;

	/* Unlike a plain read it isn't reported where the object is freed. */
	if (copy_from_kernel_nofault(&copy, at, sizeof(copy)))
		return false;
	for (i = 0; i < CANARY_WORDS; i++)
		if (copy.word[i] != canary_word(canary, i))
			return false;
	return true;
}

/*
 * KASAN keeps a freed object back for a while, unpoisoned, so that nothing else
 * gets its address. Its shadow tells: a byte for every eight of the object, none
 * of them zero once it was freed, all of them zero until then.
 */
static bool canary_shadow_clear(const void *object)
{
#ifdef CONFIG_KASAN_GENERIC
	const unsigned long *shadow = kasan_mem_to_shadow(object);

	static_assert(sizeof(struct canary) ==
		      sizeof(*shadow) << KASAN_SHADOW_SCALE_SHIFT);
	return !READ_ONCE_NOCHECK(*shadow);
#else
	return true;
#endif
}

bool canary_alive(const void *object)
{
	struct page *page;
	const void *at;
	bool intact;

	if (!is_vmalloc_addr(object))
		return canary_shadow_clear(object) &&
		       canary_intact(object, object);

	/* Read through the kernel's own mapping: this one may go at any time. */
	page = vmalloc_to_page(object);
	if (!page)
		return false;
	at = kmap_local_page(page);
	intact = canary_intact(object, at + offset_in_page(object));
	kunmap_local(at);
	return intact;
}
EXPORT_SYMBOL_GPL(canary_alive);

size_t canary_count_alive(void *const *objects, size_t nr)
{
	size_t i, alive = 0;

	for (i = 0; i < nr; i++)
		alive += canary_alive(objects[i]);
	return alive;
}
EXPORT_SYMBOL_GPL(canary_count_alive);

static int __init canary_init(void)
{
	/* Poison tells a freed object; SLUB honours it for this cache alone. */
	canary_cache = kmem_cache_create("rcu_headless_canary",
					 sizeof(struct canary), 0, SLAB_POISON,
					 NULL);
	return canary_cache ? 0 : -ENOMEM;
}

static void __exit canary_exit(void)
{
	/* Complains, and so fails the run, if an object was never freed. */
	kmem_cache_destroy(canary_cache);
}

module_init(canary_init);
module_exit(canary_exit);
MODULE_DESCRIPTION("Objects that show whether they have been freed");
MODULE_LICENSE("GPL");
