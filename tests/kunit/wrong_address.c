// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of an object, by an address that isn't the object's. After the suite
 * of misuse, which wants the first report of each kind.
 */
#include <linux/align.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pgtable.h>
#include <linux/poison.h>
#include <linux/rcu_headless.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "fixture.h"

/*
 * x86_64 maps its image apart from all memory. What only booting needs gets free,
 * and then anybody's, but keeps the address that it had in the image.
 */
static const void *address_in_image(const void *object)
{
#if defined(CONFIG_X86_64) && !defined(CONFIG_UML)
	unsigned long offset = __pa(object) - phys_base;

	if (offset < KERNEL_IMAGE_SIZE)
		return (void *)(__START_KERNEL_map + offset);
#endif
	return NULL;
}

/* Among so many objects there is one that the image's mapping would reach. */
#define MANY 1000

/*
 * Leaked, whatever it is called: that depends on what else has addresses near. There are open pages
 * of both kinds, without which no address is taken in passing.
 */
static void is_refused(struct kunit *test, const void *address)
{
	struct counters before, after;

	stay_on_one_cpu(test);
	parameter_set(test, PARAMETER_DRAIN_DELAY_MS, "10000");
	rcu_headless_barrier();
	kvfree_rcu_headless(kmalloc(8, GFP_KERNEL));
	kvfree_rcu_headless(vmalloc(PAGE_SIZE));
	counters_read(test, &before);
	report_allowed("a pointer .*given to be freed");
	kfree_rcu_headless(address);
	kvfree_rcu_headless(address);
	KUNIT_EXPECT_TRUE(test, kvfree_rcu_headless_try(address));
	report_expected_end();
	counters_read(test, &after);
	KUNIT_EXPECT_EQ(test, after.leaked, before.leaked + 3);
	KUNIT_EXPECT_EQ(test, counters_misuse(&after), counters_misuse(&before) + 3);
	KUNIT_EXPECT_EQ(test, counters_queued(&after), counters_queued(&before));
	KUNIT_EXPECT_EQ(test, after.parked, before.parked);
	rcu_headless_barrier();
}

static void object_in_image(struct kunit *test)
{
	const void *address = NULL;
	size_t i;

	for (i = 0; i < MANY && !address; i++) {
		void *object = kunit_kmalloc(test, PAGE_SIZE / 2, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, object);
		address = address_in_image(object);
	}
	if (!address)
		kunit_skip(test, "needs an image with a mapping of its own");
	is_refused(test, address);
}

/* Whether a page of the image is mapped in the range of vmalloc, as arm64 has it. */
static bool image_in_vmalloc(const void *address)
{
	const struct page *page = is_vmalloc_addr(address) ? vmalloc_to_page(address) : NULL;

	return page && PageReserved(page);
}

/*
 * Areas of vmalloc begin with a page, too. Behind the last ones of the image there may be nothing,
 * as behind a small area.
 */
static void page_of_the_image(struct kunit *test)
{
	const void *page = PTR_ALIGN_DOWN((void *)&high_memory, PAGE_SIZE);

	KUNIT_ASSERT_TRUE(test, PAGE_ALIGNED(empty_zero_page));
	is_refused(test, empty_zero_page);
	while (image_in_vmalloc(page + PAGE_SIZE))
		page += PAGE_SIZE;
	for (int i = 0; i < 32 && image_in_vmalloc(page); i++, page -= PAGE_SIZE)
		is_refused(test, page);
}

/*
 * arm64 built for addresses of 52 bits has all memory mapped farther up on a CPU that has 48: below
 * it is a hole that is larger than all memory.
 */
static void hole_before_all_memory(struct kunit *test)
{
	if (virt_addr_valid((void *)PAGE_OFFSET))
		kunit_skip(test, "needs an arm64 CPU with fewer address bits than the kernel");
	is_refused(test, (void *)(PAGE_OFFSET + PAGE_SIZE));
}

/* The fast path lets it pass, but here every call is looked at with care. */
static void page_of_the_page_allocator(struct kunit *test)
{
	unsigned long page = __get_free_page(GFP_KERNEL);

	KUNIT_ASSERT_NE(test, page, 0);
	parameter_set(test, PARAMETER_CHECK_DOUBLE_FREE, "Y");
	is_refused(test, (void *)page);
	free_page(page);
}

/* What freed lists and freed objects are filled with. */
static void poison(struct kunit *test)
{
	unsigned long freed;

	memset(&freed, POISON_FREE, sizeof(freed));
	is_refused(test, LIST_POISON1);
	is_refused(test, LIST_POISON2);
	is_refused(test, (void *)freed);
	is_refused(test, PTR_ALIGN_DOWN((void *)freed, PAGE_SIZE));
}

static struct kunit_case wrong_address_cases[] = {
	KUNIT_CASE(object_in_image),
	KUNIT_CASE(page_of_the_image),
	KUNIT_CASE(hole_before_all_memory),
	KUNIT_CASE(page_of_the_page_allocator),
	KUNIT_CASE(poison),
	{}
};

static struct kunit_suite wrong_address_suite = {
	.name = "rcu_headless_wrong_address",
	.suite_init = fixture_suite_init,
	.suite_exit = fixture_suite_exit,
	.test_cases = wrong_address_cases,
};

kunit_test_suite(wrong_address_suite);
