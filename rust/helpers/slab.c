// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>

#include "helpers.h"

void *rcu_headless_helper_kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kvcalloc(n, size, gfp);
}
