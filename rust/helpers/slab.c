// SPDX-License-Identifier: GPL-2.0
#include <linux/build_bug.h>
#include <linux/slab.h>

#include "helpers.h"

static_assert(ZERO_OR_NULL_PTR(RCU_HEADLESS_ZERO_SIZE) &&
	      !ZERO_OR_NULL_PTR(RCU_HEADLESS_ZERO_SIZE + 1));

void *rcu_headless_helper_kvcalloc_node(size_t n, size_t size, gfp_t gfp, int node)
{
	return kvcalloc_node(n, size, gfp, node);
}
