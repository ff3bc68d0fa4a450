// SPDX-License-Identifier: GPL-2.0
/*
 * What other modules may call. The functions are Rust (api.rs); those here add
 * the address of their caller, which Rust can't know.
 */
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/rcu_headless.h>

#include "helpers.h"

#ifdef CONFIG_ARM64
/* In exports_arm64.S; the compiler gives only what it sees used a type for indirect calls. */
KCFI_REFERENCE(kfree_rcu_headless);
KCFI_REFERENCE(kvfree_rcu_headless);
#else
void kfree_rcu_headless(const void *ptr)
{
	rcu_headless_free_slab(ptr, _RET_IP_);
}

void kvfree_rcu_headless(const void *ptr)
{
	rcu_headless_free_any(ptr, _RET_IP_);
}
#endif
EXPORT_SYMBOL_GPL(kfree_rcu_headless);
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

int rcu_headless_reserve(struct rcu_headless_reserve *r, size_t nr, gfp_t gfp)
{
	return rcu_headless_provide(r, nr, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(rcu_headless_reserve);

void rcu_headless_unreserve(struct rcu_headless_reserve *r)
{
	rcu_headless_give_back(r, _RET_IP_);
}
EXPORT_SYMBOL_GPL(rcu_headless_unreserve);

void rcu_headless_barrier(void)
{
	rcu_headless_wait(_RET_IP_);
}
EXPORT_SYMBOL_GPL(rcu_headless_barrier);
