// SPDX-License-Identifier: GPL-2.0
/*
 * What other modules may call. The functions are Rust (api.rs); those here add
 * the address of their caller, which Rust can't know.
 */
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/rcu_headless.h>

#include "helpers.h"

void kfree_rcu_headless(const void *ptr)
{
	rcu_headless_free_slab(ptr, _RET_IP_);
}
EXPORT_SYMBOL_GPL(kfree_rcu_headless);

void kvfree_rcu_headless(const void *ptr)
{
	rcu_headless_free_any(ptr, _RET_IP_);
}
EXPORT_SYMBOL_GPL(kvfree_rcu_headless);

void kvfree_rcu_headless_bulk(size_t nr, void *const *ptrs)
{
	rcu_headless_free_bulk(nr, ptrs, _RET_IP_);
}
EXPORT_SYMBOL_GPL(kvfree_rcu_headless_bulk);

bool kvfree_rcu_headless_try(const void *ptr)
{
	return rcu_headless_free_try(ptr, _RET_IP_);
}
EXPORT_SYMBOL_GPL(kvfree_rcu_headless_try);

void kvfree_rcu_headless_reserved(struct rcu_headless_reserve *r, const void *ptr)
{
	rcu_headless_free_reserved(r, ptr, _RET_IP_);
}
EXPORT_SYMBOL_GPL(kvfree_rcu_headless_reserved);

EXPORT_SYMBOL_GPL(rcu_headless_reserve);
EXPORT_SYMBOL_GPL(rcu_headless_unreserve);
EXPORT_SYMBOL_GPL(rcu_headless_barrier);
