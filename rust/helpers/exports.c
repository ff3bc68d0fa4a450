// SPDX-License-Identifier: GPL-2.0
/*
 * What other modules may call. The functions are Rust (api.rs); EXPORT_SYMBOL
 * needs a C declaration, and the header's is the true one.
 */
#include <linux/export.h>
#include <linux/rcu_headless.h>

EXPORT_SYMBOL_GPL(kfree_rcu_headless);
EXPORT_SYMBOL_GPL(kvfree_rcu_headless);
EXPORT_SYMBOL_GPL(kvfree_rcu_headless_bulk);
EXPORT_SYMBOL_GPL(rcu_headless_barrier);
