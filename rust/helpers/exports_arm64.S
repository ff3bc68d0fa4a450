/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two calls of exports.c that all others are measured by, as they are there. In C the kernel's
 * flags for arm64 make each a function with a frame of its own, which returns to C first.
 */
#include <linux/cfi_types.h>
#include <linux/linkage.h>

.macro with_caller name, to
SYM_TYPED_FUNC_START(\name)
	mov	x1, x30
	b	\to
SYM_FUNC_END(\name)
.endm

with_caller kfree_rcu_headless, rcu_headless_free_slab
with_caller kvfree_rcu_headless, rcu_headless_free_any
