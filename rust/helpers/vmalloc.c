// SPDX-License-Identifier: GPL-2.0
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
