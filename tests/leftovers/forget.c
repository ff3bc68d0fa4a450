// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that nobody but rcu_headless has a pointer to. They are of the canaries'
 * cache, which is poisoned: the allocator keeps pointers to those of others in
 * memory, after they have been allocated.
 */
#include <linux/cpumask.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcu_headless.h>
#include <linux/rcupdate.h>

#include "canary.h"

static struct canary_reader reader;
static bool reading;

static int forget(unsigned int nr)
{
	void (*free)(const void *ptr);

	free = symbol_get(kvfree_rcu_headless);
	if (!free)
		return -ENOENT;
	while (nr--)
		free(canary_new(CANARY_SLAB));
	symbol_put(kvfree_rcu_headless);
	return 0;
}

/* Writing a number queues so many, behind a reader; 0 lets the reader go. */
static int forget_set(const char *val, const struct kernel_param *kp)
{
	unsigned int nr;
	int err;

	err = kstrtouint(val, 0, &nr);
	if (err)
		return err;
	if (reading)
		canary_reader_stop(&reader);
	reading = false;
	if (!nr)
		return 0;
	/* It would keep even its end from coming. */
	if (num_online_cpus() < 2 && !IS_ENABLED(CONFIG_PREEMPTION))
		return -EBUSY;
	/* What waits for a grace period behind the reader may look leaked. */
	rcu_barrier();
	err = canary_reader_start(&reader, cpumask_last(cpu_online_mask));
	if (err)
		return err;
	reading = true;
	return forget(nr);
}

static const struct kernel_param_ops forget_ops = { .set = forget_set };
module_param_cb(forget, &forget_ops, NULL, 0200);
