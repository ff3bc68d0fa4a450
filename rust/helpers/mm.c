// SPDX-License-Identifier: GPL-2.0
#include <linux/highmem.h>
#include <linux/mm.h>

#include "helpers.h"

/* What is always mapped: objects of kmalloc() are in no other memory. */
unsigned long rcu_headless_helper_lowmem_pages(void)
{
	return totalram_pages() - totalhigh_pages();
}
