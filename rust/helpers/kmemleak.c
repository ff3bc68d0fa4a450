// SPDX-License-Identifier: GPL-2.0
#include <linux/gfp.h>
#include <linux/kmemleak.h>

#include "helpers.h"

/* A minimum count of 0: search it for pointers, never report it as leaked. */
void rcu_headless_helper_kmemleak_scan_area(const void *ptr, size_t size)
{
	kmemleak_alloc(ptr, size, 0, GFP_NOWAIT | __GFP_NOWARN);
}

void rcu_headless_helper_kmemleak_free(const void *ptr)
{
	kmemleak_free(ptr);
}
