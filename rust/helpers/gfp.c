// SPDX-License-Identifier: GPL-2.0
#include <linux/gfp.h>
#include <linux/mm.h>

#include "helpers.h"

/* It doesn't wait for a page, and doesn't take one of the last reserves. */
gfp_t rcu_headless_helper_gfp_nowait(void)
{
	return GFP_NOWAIT | __GFP_NOMEMALLOC | __GFP_NOWARN;
}

/* It may look for a page, but not hard, and not in the last reserves. */
gfp_t rcu_headless_helper_gfp_refill(void)
{
	return GFP_KERNEL | __GFP_NORETRY | __GFP_NOMEMALLOC | __GFP_NOWARN;
}

void *rcu_headless_helper_alloc_page_node(int node, gfp_t gfp)
{
	struct page *page = alloc_pages_node(node, gfp, 0);

	return page ? page_address(page) : NULL;
}
