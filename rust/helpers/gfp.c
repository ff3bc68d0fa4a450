// SPDX-License-Identifier: GPL-2.0
#include <linux/gfp.h>

#include "helpers.h"

/* It may look for a page, but not hard, and not in the last reserves. */
gfp_t rcu_headless_helper_gfp_refill(void)
{
	return GFP_KERNEL | __GFP_NORETRY | __GFP_NOMEMALLOC | __GFP_NOWARN;
}
