// SPDX-License-Identifier: GPL-2.0
#include <linux/align.h>
#include <linux/build_bug.h>
#include <linux/kallsyms.h>
#include <linux/kasan.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/page-flags.h>
#include <linux/sched/task_stack.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/thread_info.h>

#include "helpers.h"

static_assert(KSYM_SYMBOL_LEN <= RCU_HEADLESS_SYMBOL_LEN);

bool rcu_headless_helper_has_tags(void)
{
	return IS_ENABLED(CONFIG_KASAN_SW_TAGS) || kasan_hw_tags_enabled();
}

unsigned long rcu_headless_helper_without_tag(const void *ptr)
{
	return (unsigned long)kasan_reset_tag(ptr);
}

/* arm64 has a mapping of 52 bits begin later where the CPU has 48, and says so by another name. */
unsigned long rcu_headless_helper_direct_map_start(void)
{
#ifdef _PAGE_OFFSET
	return _PAGE_OFFSET(vabits_actual);
#else
	return PAGE_OFFSET;
#endif
}

unsigned long rcu_headless_helper_direct_map_end(void)
{
	return (unsigned long)high_memory;
}

unsigned long rcu_headless_helper_user_end(void)
{
#ifdef TASK_SIZE_MAX
	return TASK_SIZE_MAX;
#else
	return TASK_SIZE;
#endif
}

/* Some architectures have only their data there, and not all let modules know where they go. */
bool rcu_headless_helper_modules_in_vmalloc(void)
{
	return is_vmalloc_addr(rcu_headless_helper_modules_in_vmalloc) ||
	       is_vmalloc_addr(THIS_MODULE);
}

/* What they reach of the image by their instructions, if that says how near they are. */
size_t rcu_headless_helper_modules_reach(void)
{
	return IS_ENABLED(CONFIG_ARM64) ? SZ_4G : 0;
}

bool rcu_headless_helper_is_vmalloc_or_module(const void *ptr)
{
	return is_vmalloc_or_module_addr(ptr);
}

/* There is memory, and this is the address at which all memory is mapped. */
bool rcu_headless_helper_in_direct_map(const void *ptr)
{
	return virt_addr_valid(ptr) && kasan_reset_tag(page_address(virt_to_page(ptr))) ==
				       PTR_ALIGN_DOWN(kasan_reset_tag(ptr), PAGE_SIZE);
}

bool rcu_headless_helper_is_slab(const void *ptr)
{
	return rcu_headless_helper_in_direct_map(ptr) &&
	       (PageSlab(virt_to_head_page(ptr)) || PageLargeKmalloc(virt_to_head_page(ptr)));
}

/* Of what is_slab() has found; an object that takes whole pages begins where they do. */
bool rcu_headless_helper_can_be_object(const void *ptr)
{
	return PageSlab(virt_to_head_page(ptr)) ?
		       IS_ALIGNED((unsigned long)ptr, arch_slab_minalign()) :
		       PAGE_ALIGNED(ptr) && PageLargeKmalloc(virt_to_page(ptr));
}

bool rcu_headless_helper_on_stack(const void *ptr)
{
	return object_is_on_stack(ptr);
}

void rcu_headless_helper_sprint_symbol(char *buffer, unsigned long address)
{
	sprint_symbol(buffer, address);
}

unsigned long rcu_headless_helper_thread_size(void)
{
	return THREAD_SIZE;
}
