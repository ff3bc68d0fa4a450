// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pgtable.h>
#include <linux/vmalloc.h>

#include "helpers.h"

unsigned long rcu_headless_helper_vmalloc_start(void)
{
	return VMALLOC_START;
}

unsigned long rcu_headless_helper_pmd_size(void)
{
	return PMD_SIZE;
}

unsigned long rcu_headless_helper_vmalloc_end(void)
{
	return VMALLOC_END;
}

/* What describes the page that is mapped in that range; nothing describes those of devices. */
static const struct page *page_at(const void *ptr)
{
	const struct page *page = vmalloc_to_page(ptr);

	return page && pfn_valid(page_to_pfn(page)) ? page : NULL;
}

bool rcu_headless_helper_vmalloc_has_page(const void *ptr)
{
	const struct page *page = page_at(ptr);

	return page && !PageReserved(page);
}

bool rcu_headless_helper_vmalloc_is_reserved(const void *ptr)
{
	const struct page *page = page_at(ptr);

	return page && PageReserved(page);
}
