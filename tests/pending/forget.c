// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that nobody but rcu_headless has a pointer to. They are of the canaries'
 * cache, which is poisoned: the allocator keeps pointers to those of others in
 * memory, after they have been allocated.
 */
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcu_headless.h>

#include "canary.h"

/* Writing a number queues so many. */
static int forget_set(const char *val, const struct kernel_param *kp)
{
	void (*free)(const void *ptr);
	unsigned int i, nr;
	int err;

	err = kstrtouint(val, 0, &nr);
	if (err)
		return err;
	free = symbol_get(kvfree_rcu_headless);
	if (!free)
		return -ENOENT;
	for (i = 0; i < nr; i++)
		free(canary_new(CANARY_SLAB));
	symbol_put(kvfree_rcu_headless);
	return 0;
}

static const struct kernel_param_ops forget_ops = { .set = forget_set };
module_param_cb(forget, &forget_ops, NULL, 0200);
